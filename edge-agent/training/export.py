"""Writes a network's averaged weights as ONNX with fixed shapes.

    python export.py --run DIR --out DIR     every NAME.pt of a run becomes NAME.onnx
"""

import argparse
import copy
import os
import warnings

import torch

from nets import NETS


def export(name, net, path):
    _, shape, output = NETS[name]
    plain = copy.deepcopy(net).cpu().eval().to(memory_format=torch.contiguous_format)
    arguments = {"opset_version": 17, "input_names": ["x"], "output_names": [output], "do_constant_folding": True}
    if torch.__version__ >= "2.5":
        arguments["dynamo"] = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(plain, torch.zeros(shape), path + ".part", **arguments)
    os.replace(path + ".part", path)


def load(path, name):
    net = NETS[name][0]()
    net.load_state_dict(torch.load(path, map_location="cpu", weights_only=True)["average"])
    return net.eval()


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--run", required=True)
    arguments.add_argument("--out", required=True)
    options = arguments.parse_args()
    os.makedirs(options.out, exist_ok=True)
    for name in NETS:
        checkpoint = os.path.join(options.run, f"{name}.pt")
        if os.path.exists(checkpoint):
            export(name, load(checkpoint, name), os.path.join(options.out, f"{name}.onnx"))


if __name__ == "__main__":
    main()
