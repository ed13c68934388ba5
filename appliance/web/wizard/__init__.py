"""The wizard: task, data, model, training and results, each a step (`pages.Wizard`)."""
