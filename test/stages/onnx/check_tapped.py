"""Checks a tapped model from outside: onnx.checker, and onnxruntime with its outputs by name.

    python check_tapped.py ORIGINAL.onnx TAPPED.onnx PIXELS.f32 SHAPE   # prints {name: [shape, sum of magnitudes]} as JSON
"""

import json
import sys

import numpy as np
import onnx
import onnxruntime

original, path, pixels, shape = *sys.argv[1:4], json.loads(sys.argv[4])


def is_valid(model):
    try:
        onnx.checker.check_model(model, full_check=True)
    except onnx.checker.ValidationError:
        return False
    return True


# onnxruntime's optimiser leaves operators of a later opset in its graphs: those were not valid before either
assert is_valid(path) or not is_valid(original)
session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
inputs = {session.get_inputs()[0].name: np.fromfile(pixels, np.float32).reshape(shape)}
names = [output.name for output in session.get_outputs()]
values = dict(zip(names, session.run(names, inputs)))
print(json.dumps({name: [list(v.shape), float(np.abs(v.astype(np.float64)).sum())] for name, v in values.items()}))
