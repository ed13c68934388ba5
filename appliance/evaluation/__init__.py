"""Measure whether training helped: scores of answers, intervals, and the comparison of contenders."""

from appliance.evaluation.comparison import AnsweredQuestion, Comparison, Interval, Outcome, Score, compare, wilson
from appliance.evaluation.scoring import declines, normalise, right, token_f1
