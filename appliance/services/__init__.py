"""What people and programs can have done: authorise, log, act. Screens and commands call this layer and nothing below.

context, grants, ...    what every use case works with
people, data, training, models, jobs, record, home    the use cases; no wing imports another
recover, appliance      what knows all of them
"""
