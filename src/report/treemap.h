/*
 * Squarified treemaps (Bruls, Huizing, van Wijk 2000): a rectangle divided into rectangles of given areas that are
 * as near to squares as it goes, the largest first.
 */
#pragma once

#include "base/compiler.h"

struct rectangle {
	double x, y, width, height;
};

/*
 * Divides `whole` by the values, which fall from first to last and are not negative; what is zero gets a rectangle
 * without area. ret[i] is that of values[i]; together they cover `whole`.
 */
void treemap_divide(const double *values, size_t n, struct rectangle whole, struct rectangle *ret);
