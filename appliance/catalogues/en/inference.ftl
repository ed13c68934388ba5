checkpoint-type = A training checkpoint names an unknown compute type.
adapter-shape = The adapter does not fit this model.
adapter-shape-trained-tensors-fit = The trained tensors do not fit this model.
