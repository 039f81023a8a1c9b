"""The same probes by scikit-learn, in two processes of one thread each.

    python sklearn_probes.py FOLDER

FOLDER/questions.json lists questions with their splits; FOLDER/<i>.bin holds features (float32, row-major). Prints JSON: per
probe the CPU and wall seconds of each question. For every outer split: StandardScaler and LogisticRegression (lbfgs,
default tolerance, at most 1,000 iterations, each C warm-started at the last) on 4 inner folds by image and the whole grid,
cells weighted alike, then a refit; and Perceptron(tol=1e-3, random_state=0) on raw features.
"""
import json
import os
import resource
import sys
import time
import warnings
from multiprocessing import get_context
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
from sklearn.linear_model import LogisticRegression, Perceptron
from sklearn.metrics import log_loss
from sklearn.model_selection import GroupKFold
from sklearn.preprocessing import StandardScaler

warnings.filterwarnings("ignore")
folder = Path(sys.argv[1])
stored = json.loads((folder / "questions.json").read_text())


def weights(cells):
    _, index, sizes = np.unique(cells, return_inverse=True, return_counts=True)
    return len(cells) / (len(sizes) * sizes[index])


def fitted(x, y, w, c, warm=None):
    model = warm or LogisticRegression(max_iter=1000, warm_start=True)
    model.C = c
    return model.fit(x, y, sample_weight=w)


def logistic(q, x, train, test):
    y, cells, images = q["labels"], q["cells"], q["images"]
    losses = np.zeros(len(stored["grid"]))
    for a, b in GroupKFold(4).split(train, groups=images[train]):
        a, b = train[a], train[b]
        scaler = StandardScaler().fit(x[a])
        xa, xb, model = scaler.transform(x[a]), scaler.transform(x[b]), None
        for i, c in enumerate(stored["grid"]):
            model = fitted(xa, y[a], weights(cells[a]), c, model)
            p = np.full((len(b), q["classes"]), 2.0**-52)
            p[:, model.classes_] = model.predict_proba(xb)
            losses[i] += log_loss(y[b], p / p.sum(1, keepdims=True), labels=range(q["classes"]))
    scaler = StandardScaler().fit(x[train])
    c = stored["grid"][int(losses.argmin())]
    return fitted(scaler.transform(x[train]), y[train], weights(cells[train]), c).predict(scaler.transform(x[test]))


def perceptron(q, x, train, test):
    return Perceptron(tol=1e-3, random_state=0).fit(x[train], q["labels"][train]).predict(x[test])


def load(i):
    q = dict(stored["questions"][i])
    for name in ("labels", "cells", "images"):
        q[name] = np.array(q[name])
    x = np.fromfile(folder / f"{i}.bin", dtype="<f4").reshape(len(q["labels"]), -1)
    return q, x


def split(job):
    probe, i, number = job
    q, x = load(i)
    train, test = (np.array(part) for part in q["outer"][number])
    if np.ptp(x[train], axis=0).max() == 0:
        return 0
    if probe == "logistic":
        x = x.astype(np.float64)
    return int(((logistic if probe == "logistic" else perceptron)(q, x, train, test) == q["labels"][test]).sum())


def cpu():
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(used.ru_utime + used.ru_stime for used in both)


if __name__ == "__main__":
    results = {}
    for probe in ("logistic", "perceptron"):
        results[probe] = []
        for i, q in enumerate(stored["questions"]):
            jobs = [(probe, i, number) for number in range(len(q["outer"]))]
            before, began = cpu(), time.perf_counter()
            with get_context("fork").Pool(2) as pool:
                hits = sum(pool.map(split, jobs, chunksize=1))
                pool.close()
                pool.join()
            results[probe].append({"cpu": cpu() - before, "wall": time.perf_counter() - began, "hits": hits})
    print(json.dumps(results))
