"""Makes boxes.onnx and slots.onnx: two tiny models in the manner of an operator's own, for tests/custom_models.rs.

    python make_models.py     # needs onnx and numpy

boxes.onnx (like YOLOv8's head: 1x3xHxW in 0..1, out 1x5x1) finds the one bright thing on a picture, and slots.onnx (like
fast-plate-ocr: bytes 1x32x128x1 with an open batch, out 1x4x11) reads four grey bars as digits, beside slots.yaml.
"""

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

SIDE = 160


def constant(name, values, kind=np.float32):
    return numpy_helper.from_array(np.asarray(values, kind), name)


def model(name, nodes, given, answer, constants):
    graph = helper.make_graph(nodes, name, [given], [answer], constants)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    checker.check_model(made)
    save(made, f"{name}.onnx")


def boxes():
    node = helper.make_node
    centres = np.arange(SIDE, dtype=np.float32) + 0.5
    constants = [
        constant("limit", 0.8), constant("least", 1e-3), constant("twelve", 12.0),
        constant("x", centres.reshape(1, 1, 1, SIDE)), constant("y", centres.reshape(1, 1, SIDE, 1)),
        constant("out_shape", [1, 5, 1], np.int64),
    ]  # fmt: skip
    nodes = [
        node("ReduceMean", ["images"], ["grey"], axes=[1], keepdims=1),
        node("Sub", ["grey", "limit"], ["above"]), node("Relu", ["above"], ["light"]),
        node("ReduceSum", ["light"], ["sum"], keepdims=1), node("Add", ["sum", "least"], ["total"]),
        node("Div", ["sum", "total"], ["score"]),
    ]  # fmt: skip
    for axis in "xy":  # mean and spread of the light along the axis: a bar of length n has the variance n^2/12
        nodes += [
            node("Mul", ["light", axis], [f"{axis}0"]), node("ReduceSum", [f"{axis}0"], [f"{axis}1"], keepdims=1), node("Div", [f"{axis}1", "total"], [f"{axis}_mean"]),
            node("Sub", [axis, f"{axis}_mean"], [f"{axis}2"]), node("Mul", [f"{axis}2", f"{axis}2"], [f"{axis}3"]), node("Mul", ["light", f"{axis}3"], [f"{axis}4"]),
            node("ReduceSum", [f"{axis}4"], [f"{axis}5"], keepdims=1), node("Div", [f"{axis}5", "total"], [f"{axis}6"]),
            node("Mul", [f"{axis}6", "twelve"], [f"{axis}7"]), node("Sqrt", [f"{axis}7"], [f"{axis}_size"]),
        ]  # fmt: skip
    nodes += [
        node("Concat", ["x_mean", "y_mean", "x_size", "y_size", "score"], ["all"], axis=1),
        node("Reshape", ["all", "out_shape"], ["output0"]),
    ]
    given = helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, SIDE, SIDE])
    answer = helper.make_tensor_value_info("output0", TensorProto.FLOAT, [1, 5, 1])
    model("boxes", nodes, given, answer, constants)


def slots():
    node = helper.make_node
    levels = np.arange(11, dtype=np.float32) * 20 + 20  # 0 is drawn in grey 20, 9 in 200, nothing in 220
    constants = [constant("levels", levels.reshape(1, 1, 11)), constant("width", 5.0), constant("places", [1, 4, 1], np.int64)]
    nodes = [
        node("Cast", ["input"], ["float"], to=TensorProto.FLOAT), node("Transpose", ["float"], ["planes"], perm=[0, 3, 1, 2]),
        node("AveragePool", ["planes"], ["means"], kernel_shape=[32, 32], strides=[32, 32]), node("Reshape", ["means", "places"], ["bars"]),
        node("Sub", ["bars", "levels"], ["off"]), node("Div", ["off", "width"], ["far"]), node("Mul", ["far", "far"], ["square"]),
        node("Neg", ["square"], ["near"]), node("Softmax", ["near"], ["plate"], axis=2),
    ]  # fmt: skip
    given = helper.make_tensor_value_info("input", TensorProto.UINT8, ["batch", 32, 128, 1])
    answer = helper.make_tensor_value_info("plate", TensorProto.FLOAT, [1, 4, 11])
    model("slots", nodes, given, answer, constants)


if __name__ == "__main__":
    boxes()
    slots()
