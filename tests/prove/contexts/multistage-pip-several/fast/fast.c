#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *twice(PyObject *self, PyObject *args) {
    long number;
    if (!PyArg_ParseTuple(args, "l", &number)) return NULL;
    return PyLong_FromLong(2 * number);
}

static PyMethodDef methods[] = {{"twice", twice, METH_VARARGS, "Doubles a number."}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "fast", NULL, -1, methods};

PyMODINIT_FUNC PyInit_fast(void) { return PyModule_Create(&module); }
