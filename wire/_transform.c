/* The relay's inner loop, compiled: see wire/transform.py for what it does and for the same in Python.
 *
 * forward(buffer, at, end, left, mask, may_begin, limit) -> (at, out_end, left, mask)
 *
 * Takes the masking key off in place. First the `left` bytes of the frame that is under way (key `mask`, turned
 * so that it begins with the next byte), then, when `may_begin`, whole binary messages of one frame each. Frames
 * are moved together behind each other, so what goes on is one run of bytes: buffer[at_before:out_end]. It stops
 * before the first header that is not whole, not such a message's, not in its shortest form or above `limit`, and
 * leaves that one to the caller. Every index is checked against the buffer before it is used.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

#define FIN_BINARY 0x82
#define MASK_BIT 0x80
#define BLOCK 64

/* Unmask `size` bytes from `source` to `target`; target <= source, they may overlap. */
static void unmask(uint8_t *target, const uint8_t *source, Py_ssize_t size, const uint8_t key[4])
{
    uint64_t wide;
    uint64_t block[BLOCK / 8];
    Py_ssize_t at = 0;
    memcpy(&wide, key, 4);
    memcpy((uint8_t *)&wide + 4, key, 4);
    for (; at + BLOCK <= size; at += BLOCK) {
        /* By way of a block of its own: what is read was never written, whatever the overlap. */
        memcpy(block, source + at, BLOCK);
        for (int i = 0; i < BLOCK / 8; i++)
            block[i] ^= wide;
        memcpy(target + at, block, BLOCK);
    }
    for (; at < size; at++)
        target[at] = source[at] ^ key[at & 3];
}

static void turn(uint8_t key[4], Py_ssize_t count)
{
    uint8_t before[4];
    memcpy(before, key, 4);
    for (int i = 0; i < 4; i++)
        key[i] = before[(i + count) & 3];
}

static PyObject *forward(PyObject *module, PyObject *args)
{
    PyObject *buffer;
    Py_ssize_t at, end, left, limit, mask_size;
    const char *mask;
    int may_begin;
    uint8_t key[4] = {0, 0, 0, 0};
    if (!PyArg_ParseTuple(args, "O!nnny#pn", &PyByteArray_Type, &buffer, &at, &end, &left, &mask, &mask_size,
                          &may_begin, &limit))
        return NULL;
    if (at < 0 || end < at || end > PyByteArray_GET_SIZE(buffer) || left < 0 || (left && mask_size != 4)) {
        PyErr_SetString(PyExc_ValueError, "the range is outside the buffer, or the key is not 4 bytes");
        return NULL;
    }
    uint8_t *bytes = (uint8_t *)PyByteArray_AS_STRING(buffer);
    Py_ssize_t out = at;
    if (left) {
        Py_ssize_t size = left < end - at ? left : end - at;
        memcpy(key, mask, 4);
        unmask(bytes + out, bytes + at, size, key);
        turn(key, size);
        at += size;
        out += size;
        left -= size;
    }
    while (may_begin && !left && end - at >= 6) {
        const uint8_t *head = bytes + at;
        if (head[0] != FIN_BINARY || !(head[1] & MASK_BIT))
            break;
        uint64_t length = head[1] & ~MASK_BIT;
        Py_ssize_t form = length < 126 ? 0 : length == 126 ? 2 : 8;
        if (end - at < 6 + form)
            break;
        if (form) {
            length = 0;
            for (Py_ssize_t i = 0; i < form; i++)
                length = length << 8 | head[2 + i];
            if (length < (form == 2 ? 126u : 65536u))
                break;
        }
        if (length > (uint64_t)limit)
            break;
        memcpy(key, head + 2 + form, 4);
        Py_ssize_t body = at + 6 + form;
        Py_ssize_t size = (Py_ssize_t)length < end - body ? (Py_ssize_t)length : end - body;
        uint8_t second = head[1] & ~MASK_BIT;
        bytes[out] = FIN_BINARY;
        bytes[out + 1] = second;
        memmove(bytes + out + 2, head + 2, form);
        out += 2 + form;
        unmask(bytes + out, bytes + body, size, key);
        turn(key, size);
        at = body + size;
        out += size;
        left = (Py_ssize_t)length - size;
    }
    return Py_BuildValue("nnny#", at, out, left, (char *)key, (Py_ssize_t)(left ? 4 : 0));
}

static PyMethodDef methods[] = {
    {"forward", forward, METH_VARARGS, "Take the masking keys off in place; see wire/transform.py."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "wire._transform", "The relay's inner loop, compiled.", -1, methods,
};

PyMODINIT_FUNC PyInit__transform(void) { return PyModule_Create(&definition); }
