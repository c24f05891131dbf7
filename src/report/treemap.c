#include "report/treemap.h"

/* The worst ratio of sides in a row of areas from `smallest` to `largest`, which lies along a side of `length`. */
static double worst_ratio(double largest, double smallest, double sum, double length)
{
	double a = length * length * largest / (sum * sum);
	double b = sum * sum / (length * length * smallest);

	return MAX(a, b);
}

/* How many of the values stand in the first row along `length`; *ret_sum is theirs. */
static size_t row_length(const double *values, size_t n, double scale, double length,
			 double *ret_sum)
{
	double sum = values[0] * scale, best = worst_ratio(sum, sum, sum, length);
	size_t count = 1;

	while (count < n && values[count] > 0) {
		double area = values[count] * scale;
		double ratio = worst_ratio(values[0] * scale, area, sum + area, length);

		if (ratio > best)
			break;
		best = ratio;
		sum += area;
		count++;
	}
	*ret_sum = sum;
	return count;
}

/* Lays a row of `sum` along the shorter side of *rest, and takes its room away. */
static void lay_row(const double *values, size_t n, double scale, double sum,
		    struct rectangle *rest, struct rectangle *ret)
{
	bool upright = rest->width >= rest->height;
	double length = upright ? rest->height : rest->width, thickness = sum / length, at = 0;

	for (size_t i = 0; i < n; i++) {
		double size = sum > 0 ? values[i] * scale / sum * length : 0;

		ret[i] = upright ? (struct rectangle){rest->x, rest->y + at, thickness, size}
				 : (struct rectangle){rest->x + at, rest->y, size, thickness};
		at += size;
	}
	if (upright) {
		rest->x += thickness;
		rest->width -= thickness;
	} else {
		rest->y += thickness;
		rest->height -= thickness;
	}
}

void treemap_divide(const double *values, size_t n, struct rectangle whole, struct rectangle *ret)
{
	double total = 0, sum;

	for (size_t i = 0; i < n; i++)
		total += values[i];

	double scale = total > 0 ? whole.width * whole.height / total : 0;

	for (size_t i = 0; i < n;) {
		double length = MIN(whole.width, whole.height);
		size_t count;

		if (values[i] <= 0 || length <= 0) {
			ret[i++] = (struct rectangle){whole.x, whole.y, 0, 0};
			continue;
		}
		count = row_length(values + i, n - i, scale, length, &sum);
		lay_row(values + i, count, scale, sum, &whole, ret + i);
		i += count;
	}
}
