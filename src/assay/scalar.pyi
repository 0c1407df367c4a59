from scalar import *
from scalar import choose as choose
from scalar import config as config
from scalar import drift as drift
from scalar import encode as encode
from scalar import ensemble as ensemble
from scalar import loss as loss
from scalar import model as model
from scalar import probe as probe
from scalar import scorer as scorer
from scalar import train as train
