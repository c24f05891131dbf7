#include "test.h"

#include "report/treemap.h"

#define MANY 200u

static bool near(double a, double b)
{
	return a - b < 1e-6 && b - a < 1e-6;
}

static double overlap(const struct rectangle *a, const struct rectangle *b)
{
	double w = MIN(a->x + a->width, b->x + b->width) - MAX(a->x, b->x);
	double h = MIN(a->y + a->height, b->y + b->height) - MAX(a->y, b->y);

	return w > 1e-6 && h > 1e-6 ? w * h : 0;
}

/* Each has its share, all are within, none lies over another. */
static void check(const double *values, size_t n, struct rectangle whole)
{
	struct rectangle r[MANY];
	double total = 0, area = 0;

	for (size_t i = 0; i < n; i++)
		total += values[i];
	treemap_divide(values, n, whole, r);
	for (size_t i = 0; i < n; i++) {
		double wanted = total > 0 ? values[i] / total * whole.width * whole.height : 0;

		assert_true(near(r[i].width * r[i].height, wanted));
		area += r[i].width * r[i].height;
		assert_true(r[i].x >= whole.x - 1e-6 && r[i].y >= whole.y - 1e-6);
		assert_true(r[i].x + r[i].width <= whole.x + whole.width + 1e-6);
		assert_true(r[i].y + r[i].height <= whole.y + whole.height + 1e-6);
		for (size_t k = 0; k < i; k++)
			assert_true(overlap(&r[i], &r[k]) == 0);
	}
	assert_true(total == 0 || near(area, whole.width * whole.height));
}

/* The example of the paper: 6, 6, 4, 3, 2, 2, 1 in 6 by 4. */
static void the_example_of_the_paper(void **state)
{
	const double values[] = {6, 6, 4, 3, 2, 2, 1};
	struct rectangle r[7];

	(void)state;
	treemap_divide(values, 7, (struct rectangle){0, 0, 6, 4}, r);
	/* The first two fill the left half, one over the other; the next two lie side by side in the upper right. */
	assert_true(near(r[0].width, 3) && near(r[0].height, 2));
	assert_true(near(r[1].width, 3) && near(r[1].height, 2) && near(r[1].y, 2));
	assert_true(near(r[2].height, 7.0 / 3) && near(r[3].height, 7.0 / 3));
	assert_true(near(r[2].y, 0) && near(r[3].y, 0));
	check(values, 7, (struct rectangle){0, 0, 6, 4});
}

static void shares_are_kept(void **state)
{
	double values[MANY];

	(void)state;
	for (size_t i = 0; i < MANY; i++)
		values[i] = 1e9 / (double)((i + 1) * (i + 1));
	check(values, MANY, (struct rectangle){2, 3, 1000, 520});
	check(values, 1, (struct rectangle){0, 0, 380, 560});
}

static void nothing_has_no_area(void **state)
{
	const double zeros[] = {0, 0}, some[] = {5, 0, 0};

	(void)state;
	check(zeros, 2, (struct rectangle){0, 0, 10, 10});
	check(some, 3, (struct rectangle){0, 0, 10, 10});
	check(some, 0, (struct rectangle){0, 0, 10, 10});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_the_paper),
		cmocka_unit_test(shares_are_kept),
		cmocka_unit_test(nothing_has_no_area),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
