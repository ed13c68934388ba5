checkpoint-type = Ein Zwischenstand des Trainings nennt einen unbekannten Zahlentyp.
adapter-shape = Der Adapter passt nicht zu diesem Modell.
adapter-shape-trained-tensors-fit = Die trainierten Tensoren passen nicht zu diesem Modell.
