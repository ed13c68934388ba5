"""Measure whether training helped: scores of answers, intervals, and the comparison of two models."""

from appliance.evaluation.comparison import Comparison, Outcome, compare
from appliance.evaluation.intervals import Interval, wilson
from appliance.evaluation.scoring import declines, normalise, right, token_f1

__all__ = ["Comparison", "Interval", "Outcome", "compare", "declines", "normalise", "right", "token_f1", "wilson"]
