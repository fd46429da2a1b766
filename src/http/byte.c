/* A look into a table takes fewer steps than comparisons, and each byte of a head is looked up. */
#include "byte.h"

enum { T = MOCKET_BYTE_TOKEN, U = MOCKET_BYTE_UNRESERVED, S = MOCKET_BYTE_SUB_DELIMITER };

#define ALNUM(c) [c] = T | U

const unsigned char mocket__byte_classes[256] = {
    ALNUM('0'),    ALNUM('1'),    ALNUM('2'),    ALNUM('3'),    ALNUM('4'),    ALNUM('5'),    ALNUM('6'),
    ALNUM('7'),    ALNUM('8'),    ALNUM('9'),    ALNUM('a'),    ALNUM('b'),    ALNUM('c'),    ALNUM('d'),
    ALNUM('e'),    ALNUM('f'),    ALNUM('g'),    ALNUM('h'),    ALNUM('i'),    ALNUM('j'),    ALNUM('k'),
    ALNUM('l'),    ALNUM('m'),    ALNUM('n'),    ALNUM('o'),    ALNUM('p'),    ALNUM('q'),    ALNUM('r'),
    ALNUM('s'),    ALNUM('t'),    ALNUM('u'),    ALNUM('v'),    ALNUM('w'),    ALNUM('x'),    ALNUM('y'),
    ALNUM('z'),    ALNUM('A'),    ALNUM('B'),    ALNUM('C'),    ALNUM('D'),    ALNUM('E'),    ALNUM('F'),
    ALNUM('G'),    ALNUM('H'),    ALNUM('I'),    ALNUM('J'),    ALNUM('K'),    ALNUM('L'),    ALNUM('M'),
    ALNUM('N'),    ALNUM('O'),    ALNUM('P'),    ALNUM('Q'),    ALNUM('R'),    ALNUM('S'),    ALNUM('T'),
    ALNUM('U'),    ALNUM('V'),    ALNUM('W'),    ALNUM('X'),    ALNUM('Y'),    ALNUM('Z'),    ['-'] = T | U,
    ['.'] = T | U, ['_'] = T | U, ['~'] = T | U, ['!'] = T | S, ['$'] = T | S, ['&'] = T | S, ['\''] = T | S,
    ['*'] = T | S, ['+'] = T | S, ['('] = S,     [')'] = S,     [','] = S,     [';'] = S,     ['='] = S,
    ['#'] = T,     ['%'] = T,     ['^'] = T,     ['`'] = T,     ['|'] = T
};
