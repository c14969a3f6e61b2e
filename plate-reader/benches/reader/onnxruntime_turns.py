"""The yardstick of `make bench-reader`: runs one ONNX file on one thread, a turn for every line it is sent.

Usage: onnxruntime_turns.py FILE.onnx SECONDS. The first line on standard input is the picture, a JSON list; each turn
answers with a line of JSON: processor milliseconds of every run, and the net's answer.
"""

import json
import sys
import time

import numpy
import onnxruntime

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
seconds = float(sys.argv[2])
wanted = session.get_inputs()[0]
picture = numpy.array(json.loads(sys.stdin.readline()), dtype=numpy.float32).reshape(wanted.shape)


def run():
    return session.run(None, {wanted.name: picture})[0]


answer = run()
for _ in sys.stdin:
    times, begun = [], time.thread_time()
    while time.thread_time() - begun < seconds:
        before = time.thread_time()
        run()
        times.append((time.thread_time() - before) * 1e3)
    print(json.dumps({"version": onnxruntime.__version__, "ms": times, "answer": answer.ravel().tolist()}), flush=True)
