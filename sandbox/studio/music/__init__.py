"""Songs from words: style, form, harmony, melody and arrangement, then sound."""
