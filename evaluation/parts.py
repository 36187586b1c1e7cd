"""Parts of a test that are reported apart: some cases, or some of the answers."""

from dataclasses import dataclass

import numpy as np

from crossaisle.evaluation.splits import Fold, Task
from crossaisle.evaluation.strangers import SIZES


@dataclass(frozen=True)
class Part:
    """Some cases of a fold and what counts as an answer there."""

    name: str
    cases: np.ndarray  # bool (cases,), at least one
    answers: np.ndarray | None = None  # bool (products,); None: all that is hidden


def parts(task: Task, fold: Fold, twin_customers: np.ndarray) -> tuple[Part, ...]:
    """Return the parts of a fold; one without cases is left out.

    - "history of n": new-user, by size of the history.
    - "cold answers", "warm answers": product-mixed. The other kind of answer is then one more
      wrong product.
    - "without twin customers": cases of users who bought just what another one bought are out.

    Args:
        task: what was hidden.
        fold: the test.
        twin_customers: bool (customers,).
    """
    found = []
    if fold.held.mixed and fold.held.cold is not None:
        cold = np.zeros(fold.hidden.shape[1], dtype=bool)
        cold[fold.held.cold] = True
        for name, answers in (("cold answers", cold), ("warm answers", ~cold)):
            cases = np.asarray(fold.hidden @ answers.astype(np.float32)) > 0
            found.append(Part(name, cases, answers))
    if task == "new-user":
        found += [Part(f"history of {size}", fold.sizes == size) for size in SIZES]
    twin = twin_customers[fold.users]
    if twin.any():
        found.append(Part("without twin customers", ~twin))
    return tuple(part for part in found if part.cases.any())
