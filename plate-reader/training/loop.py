"""The training loop all three networks share: cosine schedule, averaged weights, checkpoints, a log, ONNX on the way."""

import argparse
import copy
import csv
import math
import os
import time

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset

import export


def options(description, batch, rate, nets=()):
    arguments = argparse.ArgumentParser(description=description)
    if nets:
        arguments.add_argument("--net", choices=nets, default=nets[0], help="which of the nets that learn this")
    arguments.add_argument("--data", required=True, help="folder render.py wrote")
    arguments.add_argument("--out", required=True, help="folder for checkpoint, log and ONNX file")
    budget = arguments.add_mutually_exclusive_group(required=True)
    budget.add_argument("--minutes", type=float, help="wall-clock budget; the schedule follows the clock")
    budget.add_argument("--samples", type=int, help="budget in samples; repeatable to the bit on one machine")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--batch", type=int, default=batch)
    arguments.add_argument("--rate", type=float, default=rate)
    arguments.add_argument("--device", default="cpu")
    arguments.add_argument("--bfloat16", action="store_true", help="multiply in bfloat16, twice as fast where the processor can; weights stay float32")
    arguments.add_argument("--workers", type=int, default=0, help="processes that make batches; 0 makes them between steps")
    arguments.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out, with what is left of the budget")
    arguments.add_argument("--init", default="", help="start from the averaged weights of this checkpoint, or from this ONNX file, with a new schedule")
    arguments.add_argument("--widen", action="store_true", help="--init is the ONNX file of a narrower reader, whose channels are repeated to this one's width")
    arguments.add_argument("--leave-out", default="", help="kinds of plates not to train on (us,br): what is a region worth that nobody drew?")
    arguments.add_argument("--export-minutes", type=float, default=5)
    parsed = arguments.parse_args()
    parsed.leave_out = [kind for kind in parsed.leave_out.split(",") if kind]
    if parsed.widen and not parsed.init.endswith(".onnx"):
        arguments.error("--widen: needs the ONNX file of a narrower reader as --init")
    torch.set_num_threads(1)
    torch.manual_seed(parsed.seed)  # before the network draws its first weights
    return parsed


class Batches(IterableDataset):
    """Batch number n is always the same for one seed, whoever makes it."""

    def __init__(self, make, seed, first):
        self.make, self.seed, self.first = make, seed, first

    def __iter__(self):
        cv2.setNumThreads(1)
        worker = torch.utils.data.get_worker_info()
        number, step = (self.first, 1) if worker is None else (self.first + worker.id, worker.num_workers)
        while True:
            yield self.make(self.seed, number)
            number += step


class Average:
    """Weights averaged over the last thousand steps or so: what is exported."""

    def __init__(self, net, keep=0.9985):
        self.net = copy.deepcopy(net).eval()
        self.keep = keep
        self.updates = 0

    def update(self, net):
        self.updates += 1
        share = 1 - min(self.keep, (1 + self.updates) / (10 + self.updates))
        with torch.no_grad():
            for mine, theirs in zip(self.net.state_dict().values(), net.state_dict().values()):
                if mine.dtype.is_floating_point:
                    mine.lerp_(theirs, share)
                else:
                    mine.copy_(theirs)


def train(name, opt, net, make_batch, loss_of):
    """`make_batch(seed, number)` gives arrays, the first of which goes into the net; `loss_of(output, rest)` gives the loss and its parts."""
    os.makedirs(opt.out, exist_ok=True)
    checkpoint, log_path = os.path.join(opt.out, f"{name}.pt"), os.path.join(opt.out, f"{name}.csv")
    net = net.to(opt.device, memory_format=torch.channels_last)
    if opt.init.endswith(".onnx"):
        pictures = np.concatenate([make_batch(opt.seed, -4 * number)[0] for number in range(1, 9)])
        pictures = torch.as_tensor(pictures).to(opt.device)
        if opt.widen:
            small = export.revive(export.reader_in(opt.init).to(opt.device), opt.init, pictures)
            export.widen(small, net, opt.seed)
        else:
            export.revive(net, opt.init, pictures)
    elif opt.init:
        net.load_state_dict(torch.load(opt.init, map_location=opt.device, weights_only=True)["average"])
    average = Average(net)
    optimiser = torch.optim.AdamW(net.parameters(), opt.rate, weight_decay=1e-2)
    state = {"step": 0, "seen": 0, "wall": 0.0, "cpu": 0.0}
    if opt.resume:
        kept = torch.load(checkpoint, map_location=opt.device, weights_only=True)
        net.load_state_dict(kept["net"])
        average.net.load_state_dict(kept["average"])
        average.updates = kept["state"]["step"]
        optimiser.load_state_dict(kept["optimiser"])
        state = kept["state"]
    wall0, cpu0 = time.monotonic() - state["wall"], time.process_time() - state["cpu"]
    last_export, sums, since = time.monotonic(), {}, 0
    if not opt.resume:
        with open(log_path, "w", newline="") as out:
            csv.writer(out).writerow(["step", "samples", "wall_s", "cpu_s", "rate", "losses"])

    def save():
        torch.save({"net": net.state_dict(), "average": average.net.state_dict(), "optimiser": optimiser.state_dict(), "state": state}, checkpoint + ".part")
        os.replace(checkpoint + ".part", checkpoint)
        export.export(name, average.net, os.path.join(opt.out, f"{name}.onnx"))

    net.train()
    loader = DataLoader(Batches(make_batch, opt.seed, state["step"]), batch_size=None, num_workers=opt.workers)
    for arrays in loader:
        state["wall"], state["cpu"] = time.monotonic() - wall0, time.process_time() - cpu0
        progress = state["wall"] / (opt.minutes * 60) if opt.minutes else state["seen"] / opt.samples
        if progress >= 1:
            break
        rate = opt.rate * (min(1.0, progress / 0.03 + 0.02) if progress < 0.03 else 0.5 * (1 + math.cos(math.pi * (progress - 0.03) / 0.97))) + 1e-6
        for group in optimiser.param_groups:
            group["lr"] = rate
        tensors = [torch.as_tensor(a).to(opt.device, non_blocking=True) for a in arrays]
        with torch.autocast(torch.device(opt.device).type, torch.bfloat16, enabled=opt.bfloat16):
            output = net(tensors[0].contiguous(memory_format=torch.channels_last))
        loss, parts = loss_of(output.float(), tensors[1:])
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimiser.step()
        average.update(net)
        state["step"] += 1
        state["seen"] += len(arrays[0])
        since += 1
        for key, value in parts.items():
            sums[key] = sums.get(key, 0.0) + float(value)
        if state["step"] % 100 == 0:
            losses = " ".join(f"{key}={value / since:.4f}" for key, value in sums.items())
            with open(log_path, "a", newline="") as out:
                csv.writer(out).writerow([state["step"], state["seen"], round(state["wall"]), round(state["cpu"]), f"{rate:.6f}", losses])
            print(f"{name} {state['step']} seen {state['seen']} wall {state['wall']:.0f} cpu {state['cpu']:.0f} rate {rate:.5f} {losses}", flush=True)
            sums, since = {}, 0
            if time.monotonic() - last_export > opt.export_minutes * 60:
                last_export = time.monotonic()
                save()
    save()
    print(f"{name} done: {state}", flush=True)


def stack(rows):
    return [np.stack(column) for column in zip(*rows)]
