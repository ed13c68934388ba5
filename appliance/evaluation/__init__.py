"""Measure whether training helped: scores of answers, intervals, and the comparison of contenders."""

from appliance.evaluation.answered import AnsweredQuestion
from appliance.evaluation.comparison import Comparison, Outcome, Score, compare
from appliance.evaluation.intervals import Interval, wilson
from appliance.evaluation.scoring import declines, normalise, right, token_f1
