#include <stdio.h>

int main(int count, char **words) {
    FILE *file = fopen(words[1], "r");
    char line[80];
    if (file == NULL) return 2;
    while (fgets(line, sizeof line, file)) printf("> %s", line);
    return 0;
}
