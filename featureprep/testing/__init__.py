"""The suite that every engine passes, to be inherited by tests of engines of your own. It needs pytest and cloudpickle.

host     how the suite comes by an engine: `EngineHost`
verbs    `EngineVerbs`: the five verbs over plain items
suite    `EngineJobs`: jobs whose fingerprints, ledgers and statistics must be those of the engine of this process
shaken   `ShakenEngine`, as unkind as a cluster may be, in one process

For assertions that show values: `pytest.register_assert_rewrite("featureprep.testing")` in a conftest, before anything of it is imported.
"""
