"""Plan a training: parameter counts, memory, time, presets and advice. Arithmetic without torch."""

from appliance.planning.estimates import expected
from appliance.planning.fit import FittedPlan, fit_training
from appliance.planning.gpu_table import gpu_table
from appliance.planning.machine import Machine, Speed, fingerprint
from appliance.planning.memory import MemorySplit
from appliance.planning.methods import ADAPTER_METHODS, AUTOMATIC, METHODS, MethodChoice
from appliance.planning.parameters import ModelShape, adapter_parameters, compare_adapter, matrix_parameters
from appliance.planning.passes import Footprint, passes_that_fit, step_down
from appliance.planning.presets import MAX_LENGTH, PRESETS
from appliance.planning.rank_advice import advise_rank
from appliance.planning.refusals import parameter_name
from appliance.planning.row_lengths import RowLengths, row_lengths, tokens_of
from appliance.planning.spectrum import AdapterSpectrum, LayerSpectrum
from appliance.planning.work import RowSizes, Training
