"""How statistics of Arrow record batches become TFMD's `statistics.proto`, one file for each part of that message.

Definitions follow TensorFlow Data Validation's generators (tensorflow_data_validation/statistics/generators, Apache-2.0), but nothing
is sampled or sketched: every figure is a function of the rows alone, however they are cut into batches and in whichever order these come.
"""
