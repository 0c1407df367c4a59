from scalar import *
from scalar import choose as choose
from scalar import config as config
from scalar import encode as encode
from scalar import ensemble as ensemble
from scalar import loss as loss
from scalar import model as model
from scalar import scorer as scorer
from scalar import train as train
