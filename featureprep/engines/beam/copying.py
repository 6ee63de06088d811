"""A user's pipeline as a copy that has only what leads to one PCollection: running it does nothing else that the user's would do."""

from __future__ import annotations

from typing import Any

from apache_beam.pipeline import Pipeline
from apache_beam.runners.direct.direct_runner import SwitchingDirectRunner


def own_runner(pipeline: Any) -> Any:
    """The runner that a user chose for a pipeline; None where it is Beam's default, which may want to download another one."""
    return None if isinstance(pipeline.runner, SwitchingDirectRunner) else pipeline.runner


def copied(rows: Any, runner: Any, options: Any) -> tuple[Any, Any]:
    """A copy of the part of a pipeline that makes `rows`, on another runner, and the rows in it."""
    proto, context = rows.pipeline.to_runner_api(return_context=True)
    wanted = context.pcollections.get_id(rows)
    transforms = proto.components.transforms
    leaves = {name: one for name, one in transforms.items() if not one.subtransforms}
    makers = {made: name for name, one in leaves.items() for made in one.outputs.values() if made not in one.inputs.values()}
    needed: set[str] = set()
    waiting = [wanted]
    while waiting:
        maker = makers[waiting.pop()]
        if maker not in needed:
            needed.add(maker)
            waiting += transforms[maker].inputs.values()
    for root in proto.root_transform_ids:
        _cut(transforms, root, needed)
    made_there = {made for name in needed for made in transforms[name].outputs.values()}
    for one in transforms.values():
        for tag in [tag for tag, made in one.outputs.items() if made not in made_there and made not in one.inputs.values()]:
            del one.outputs[tag]
    for name in set(proto.components.pcollections) - made_there:
        del proto.components.pcollections[name]
    copy, made = Pipeline.from_runner_api(proto, runner, options, return_context=True)
    return copy, made.pcollections.get_by_id(wanted)


def _cut(transforms: Any, name: str, needed: set[str]) -> bool:
    """Remove what is not needed under a transform; whether the transform itself is."""
    inner = list(transforms[name].subtransforms)
    if not inner:
        return name in needed
    kept = [one for one in inner if _cut(transforms, one, needed)]
    for one in set(inner) - set(kept):
        _remove(transforms, one)
    del transforms[name].subtransforms[:]
    transforms[name].subtransforms.extend(kept)
    return bool(kept)


def _remove(transforms: Any, name: str) -> None:
    for inner in transforms[name].subtransforms:
        if inner in transforms:
            _remove(transforms, inner)
    del transforms[name]
