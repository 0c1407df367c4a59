"""Calibration, metrics, intervals, benchmarks and reports.

Needs numpy, scipy and scikit-learn; only the `report_…` modules render pages.
"""

from .bench import BENCHMARKS, figures
from .calibration import Calibrator, fit_temperature, probability
from .compare import compare
from .exchange import attack_success, exchange_rate
from .intervals import Interval
from .report import Cell, CellMargins, Report, Settings

__all__ = [
    "BENCHMARKS",
    "Calibrator",
    "Cell",
    "CellMargins",
    "Interval",
    "Report",
    "Settings",
    "attack_success",
    "compare",
    "exchange_rate",
    "figures",
    "fit_temperature",
    "probability",
]
