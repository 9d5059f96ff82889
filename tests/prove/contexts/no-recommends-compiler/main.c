#include <stdio.h>
#include <zlib.h>

int main(void) {
    printf("%lu\n", crc32(0, (const unsigned char *)"dfix", 4));
    return 0;
}
