"""Checks a tapped model from outside: onnx.checker, and onnxruntime with its outputs by name.

    python check_tapped.py MODEL.onnx PIXELS.f32 SHAPE   # prints {name: [shape, sum of magnitudes]} as JSON
"""

import json
import sys

import numpy as np
import onnx
import onnxruntime

path, pixels, shape = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
onnx.checker.check_model(path, full_check=True)
session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
inputs = {session.get_inputs()[0].name: np.fromfile(pixels, np.float32).reshape(shape)}
names = [output.name for output in session.get_outputs()]
values = dict(zip(names, session.run(names, inputs)))
print(json.dumps({name: [list(v.shape), float(np.abs(v.astype(np.float64)).sum())] for name, v in values.items()}))
