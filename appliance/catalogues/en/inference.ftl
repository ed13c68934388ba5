checkpoint-type = A training checkpoint names a type of numbers that is not computed in here.
adapter-shape = The adapter does not fit this model.
adapter-shape-trained-tensors-fit = The trained tensors do not fit this model.
