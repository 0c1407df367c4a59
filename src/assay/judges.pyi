from judges import *
from judges import checks as checks
from judges import combine as combine
from judges import form as form
from judges import import_autorubric as import_autorubric
from judges import imported as imported
from judges import importers as importers
from judges import lint as lint
from judges import margin as margin
from judges import prompt as prompt
from judges import ranking as ranking
from judges import rubric as rubric
from judges import rubric_data as rubric_data
from judges import rubric_yaml as rubric_yaml
from judges import schema_faults as schema_faults
from judges import score_dist as score_dist
from judges import variables as variables
from judges import verdict as verdict
