#include "packages/resolve.h"

#include <errno.h>
#include <solv/evr.h>
#include <solv/pool.h>
#include <solv/poolarch.h>
#include <solv/problems.h>
#include <solv/repo.h>
#include <solv/repo_deb.h>
#include <solv/solver.h>
#include <solv/transaction.h>

#include "formats/deb822.h"

/* A thousand names. */
#define PROVIDERS_MAX (64u << 10)

/* What a package list says of a package's file; libsolv keeps only its path. */
struct package_file {
	char *path;
	uint64_t size;
	struct digest sha256;
};

struct resolver {
	Pool *pool;
	struct package_file *files; /* sorted by path once all lists were added */
	size_t n_files, files_capacity;
};

int resolver_new(const char *architecture, struct resolver **ret, struct error **err)
{
	struct resolver *r = calloc(1, sizeof *r);

	if (!r)
		return error_oom(err);
	r->pool = pool_create();
	pool_setdisttype(r->pool, DISTTYPE_DEB);
	pool_setarch(r->pool, architecture);
	*ret = r;
	return 0;
}

void resolver_free(struct resolver *r)
{
	if (!r)
		return;

	Pool *pool = r->pool;
	Repo *repo;
	int i;

	FOR_REPOS(i, repo)
	free(repo->appdata);
	pool_free(pool);
	for (size_t k = 0; k < r->n_files; k++)
		free(r->files[k].path);
	free(r->files);
	free(r);
}

/* Takes Filename, Size and SHA256 of one stanza. */
static int add_file(struct resolver *r, struct deb822_reader *reader, struct error **err)
{
	_cleanup_free_ char *sha256 = NULL;
	struct package_file file = {0};
	struct deb822_field f;
	bool ok = true;
	int result;

	while ((result = deb822_next(reader, &f, err)) > 0) {
		if (deb822_is(&f, "Filename") && !file.path)
			file.path = span_to_string(f.value);
		else if (deb822_is(&f, "Size"))
			ok &= parse_u64(f.value, INT64_MAX, &file.size);
		else if (deb822_is(&f, "SHA256") && !sha256)
			sha256 = span_to_string(f.value);
	}
	if (result >= 0 &&
	    (!ok || !file.path || !file.size || !sha256 || !path_is_confined(file.path) ||
	     !digest_parse(DIGEST_SHA256, sha256, &file.sha256)))
		result = error_set(err, -ERROR_MALFORMED,
				   "stanza before line %u: no proper Filename, Size and SHA256",
				   reader->line);
	if (result >= 0 &&
	    array_reserve(&r->files, &r->files_capacity, r->n_files + 1, sizeof *r->files) < 0)
		result = error_oom(err);
	if (result < 0) {
		free(file.path);
		return result;
	}
	r->files[r->n_files++] = file;
	return 0;
}

static int add_files(struct resolver *r, struct span text, struct error **err)
{
	struct deb822_reader reader = deb822_reader_init(text);

	while (!deb822_at_end(&reader)) {
		int result = add_file(r, &reader, err);

		if (result < 0)
			return result;
	}
	return 0;
}

static int compare_files(const void *a, const void *b)
{
	return strcmp(((const struct package_file *)a)->path,
		      ((const struct package_file *)b)->path);
}

int resolver_add_list(struct resolver *r, const struct resolve_list *list, struct error **err)
{
	Repo *repo = repo_create(r->pool, list->archive);
	FILE *f;
	int result;

	repo->appdata = strdup(list->archive);
	if (!repo->appdata)
		return error_oom(err);
	if (list->text.n == 0)
		return 0;
	f = fmemopen((void *)(uintptr_t)list->text.p, list->text.n, "r");
	if (!f)
		return error_errno(err, errno, "package list");
	result = repo_add_debpackages(repo, f, 0);
	fclose(f);
	if (result != 0)
		return error_set(err, -ERROR_MALFORMED, "package list of '%s': %s", list->archive,
				 pool_errstr(r->pool));
	result = add_files(r, list->text, err);
	return result < 0 ? error_wrap(err, result, "package list of '%s'", list->archive) : 0;
}

/* True if the relation is met when `names` count as present: "a | b" by either, "a (>= 1)" by a. */
static bool met_without(Pool *pool, Id dependency, const struct string_list *names)
{
	if (ISRELDEP(dependency)) {
		const Reldep *relation = GETRELDEP(pool, dependency);

		if (relation->flags == REL_OR)
			return met_without(pool, relation->name, names) ||
			       met_without(pool, relation->evr, names);
		return met_without(pool, relation->name, names);
	}
	return string_list_has(names, pool_id2str(pool, dependency));
}

static void drop_requirements(Pool *pool, Solvable *s, const struct string_list *names, Queue *kept)
{
	Queue all;
	bool dropped = false;

	queue_init(&all);
	/* Pre-Depends follow a marker in the same array, which must stay. */
	solvable_lookup_deparray(s, SOLVABLE_REQUIRES, &all, 0);
	queue_empty(kept);
	for (int i = 0; i < all.count; i++) {
		if (all.elements[i] != SOLVABLE_PREREQMARKER &&
		    met_without(pool, all.elements[i], names))
			dropped = true;
		else
			queue_push(kept, all.elements[i]);
	}
	if (dropped)
		solvable_set_deparray(s, SOLVABLE_REQUIRES, kept, 0);
	queue_free(&all);
}

void resolver_set_without(struct resolver *r, const struct string_list *names)
{
	Pool *pool = r->pool;
	Queue kept;
	Id p;

	queue_init(&kept);
	FOR_POOL_SOLVABLES(p)
	drop_requirements(pool, pool_id2solvable(pool, p), names, &kept);
	queue_free(&kept);
	pool_addfileprovides(pool);
	pool_createwhatprovides(pool);
	if (r->n_files)
		qsort(r->files, r->n_files, sizeof *r->files, compare_files);
}

static const struct package_file *find_file(const struct resolver *r, const char *path)
{
	struct package_file wanted = {.path = (char *)(uintptr_t)path};

	return path && r->n_files
		       ? bsearch(&wanted, r->files, r->n_files, sizeof *r->files, compare_files)
		       : NULL;
}

static int add_package(struct resolver *r, Id p, struct lock_set *set, struct error **err)
{
	Pool *pool = r->pool;
	Solvable *s = pool_id2solvable(pool, p);
	unsigned int medium;
	const struct package_file *file = find_file(r, solvable_lookup_location(s, &medium));

	if (!file)
		return error_set(err, -ERROR_MALFORMED, "package '%s' has no file in its list",
				 pool_solvid2str(pool, p));
	if (array_reserve(&set->items, &set->capacity, set->n + 1, sizeof *set->items) < 0)
		return error_oom(err);

	struct lock_package *package = &set->items[set->n++];

	*package = (struct lock_package){
		.name = strdup(pool_id2str(pool, s->name)),
		.version = strdup(pool_id2str(pool, s->evr)),
		.architecture = strdup(pool_id2str(pool, s->arch)),
		.archive = strdup(s->repo->appdata),
		.path = strdup(file->path),
		.size = file->size,
		.sha256 = file->sha256,
	};
	if (!package->name || !package->version || !package->architecture || !package->archive ||
	    !package->path)
		return error_oom(err);
	return 0;
}

/* The highest version of the package in this architecture, 0 if there is none. */
static Id find_best(Pool *pool, const char *name)
{
	Id id = pool_str2id(pool, name, 0);
	Id best = 0, p, pp;

	if (!id)
		return 0;
	FOR_PROVIDES(p, pp, id)
	{
		Solvable *s = pool_id2solvable(pool, p);

		if (s->name != id || !pool_installable(pool, s))
			continue;
		if (!best || pool_evrcmp(pool, s->evr, pool_id2solvable(pool, best)->evr,
					 EVRCMP_COMPARE) > 0)
			best = p;
	}
	return best;
}

/* The names of packages that provide a virtual one, sorted; empty if there are none. */
static int find_providers(Pool *pool, const char *name, struct string_list *ret)
{
	Id id = pool_str2id(pool, name, 0), p, pp;

	if (!id)
		return 0;
	FOR_PROVIDES(p, pp, id)
	{
		Solvable *s = pool_id2solvable(pool, p);
		const char *provider = pool_id2str(pool, s->name);

		if (s->name != id && pool_installable(pool, s) && !string_list_has(ret, provider) &&
		    string_list_add(ret, provider) < 0)
			return -ENOMEM;
	}
	string_list_sort(ret);
	return 0;
}

static int no_package(Pool *pool, const char *name, struct error **err)
{
	_cleanup_(string_list_release) struct string_list providers = {0};
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(PROVIDERS_MAX);

	if (find_providers(pool, name, &providers) < 0)
		return error_oom(err);
	if (providers.n == 0)
		return error_set(
			err, -ENOENT,
			"no package '%s' in the components of the archive that are read ([Archive] "
			"Component=)",
			name);
	for (size_t i = 0; i < providers.n; i++)
		buffer_printf(&text, "%s%s", i ? ", " : "", providers.items[i]);
	if (!buffer_ok(&text))
		return error_oom(err);
	return error_set(err, -ENOENT, "'%s' is a virtual package: name one that provides it (%s)",
			 name, buffer_text(&text));
}

int resolver_pick(struct resolver *r, const char *name, struct lock_set *ret, struct error **err)
{
	Id p = find_best(r->pool, name);

	return p ? add_package(r, p, ret, err) : no_package(r->pool, name, err);
}

int resolver_pick_kernel(struct resolver *r, const char *name, struct lock_set *ret,
			 struct error **err)
{
	Pool *pool = r->pool;
	Id p = find_best(pool, name);
	Queue requires;
	const char *image = NULL;

	if (!p)
		return no_package(pool, name, err);
	queue_init(&requires);
	solvable_lookup_deparray(pool_id2solvable(pool, p), SOLVABLE_REQUIRES, &requires, 0);
	for (int i = 0; i < requires.count && !image; i++) {
		Id d = requires.elements[i];

		while (ISRELDEP(d))
			d = GETRELDEP(pool, d)->name;
		if (string_starts(pool_id2str(pool, d), "linux-image-"))
			image = pool_id2str(pool, d);
	}
	queue_free(&requires);
	return resolver_pick(r, image ? image : name, ret, err);
}

/* Rules about packages say what is missing or in conflict; others only that something was asked for. */
static bool tells_cause(SolverRuleinfo info)
{
	return info > SOLVER_RULE_PKG && info < SOLVER_RULE_UPDATE &&
	       info != SOLVER_RULE_PKG_REQUIRES;
}

/*
 * The problems in libsolv's words, which name the package and who wants it. Of the rules of a problem
 * those that tell its cause are shown; where there are none, the one that libsolv holds for it.
 */
static void explain_problem(Solver *solver, Id problem, struct buffer *text)
{
	Id source, target, dependency;
	SolverRuleinfo info;
	bool told = false;
	Queue rules;

	queue_init(&rules);
	solver_findallproblemrules(solver, problem, &rules);
	for (int i = 0; i < rules.count; i++) {
		info = solver_ruleinfo(solver, rules.elements[i], &source, &target, &dependency);
		if (!tells_cause(info))
			continue;
		buffer_printf(text, "%s%s", told ? "; " : "",
			      solver_problemruleinfo2str(solver, info, source, target, dependency));
		told = true;
	}
	if (!told) {
		info = solver_ruleinfo(solver, solver_findproblemrule(solver, problem), &source,
				       &target, &dependency);
		buffer_put_string(
			text, solver_problemruleinfo2str(solver, info, source, target, dependency));
	}
	queue_free(&rules);
}

static int explain(Solver *solver, struct error **err)
{
	_cleanup_(buffer_release) struct buffer text = BUFFER_INIT(64u << 10);
	unsigned count = solver_problem_count(solver);

	for (Id problem = 1; problem <= (Id)count; problem++) {
		if (problem > 1)
			buffer_put_string(&text, "; ");
		explain_problem(solver, problem, &text);
	}
	return error_set(err, -ENOENT, "cannot resolve: %s", buffer_text(&text));
}

static bool is_in_set(Pool *pool, const struct lock_set *set, Id p)
{
	Solvable *s = pool_id2solvable(pool, p);

	for (size_t i = 0; set && i < set->n; i++) {
		if (string_equal(set->items[i].name, pool_id2str(pool, s->name)) &&
		    string_equal(set->items[i].version, pool_id2str(pool, s->evr)) &&
		    string_equal(set->items[i].architecture, pool_id2str(pool, s->arch)))
			return true;
	}
	return false;
}

/* A solvable of exactly this package; several suites may carry the same one. */
static Id find_package(Pool *pool, const struct lock_package *package)
{
	Id name = pool_str2id(pool, package->name, 0), p, pp;

	if (!name)
		return 0;
	FOR_PROVIDES(p, pp, name)
	{
		Solvable *s = pool_id2solvable(pool, p);

		if (s->name == name && string_equal(pool_id2str(pool, s->evr), package->version) &&
		    string_equal(pool_id2str(pool, s->arch), package->architecture))
			return p;
	}
	return 0;
}

/* Jobs that keep the packages of the other set as they are. */
static void add_fixed(Pool *pool, const struct lock_set *set, Queue *jobs)
{
	for (size_t i = 0; set && i < set->n; i++) {
		Id p = find_package(pool, &set->items[i]);

		if (p)
			queue_push2(jobs, SOLVER_INSTALL | SOLVER_SOLVABLE, p);
	}
}

static int take_result(struct resolver *r, Solver *solver, const struct lock_set *without,
		       struct lock_set *ret, struct error **err)
{
	Transaction *transaction = solver_create_transaction(solver);
	int result = 0;

	for (int i = 0; result >= 0 && i < transaction->steps.count; i++) {
		Id p = transaction->steps.elements[i];

		if (!is_in_set(r->pool, without, p))
			result = add_package(r, p, ret, err);
	}
	transaction_free(transaction);
	return result;
}

int resolver_solve(struct resolver *r, const struct string_list *install,
		   const struct lock_set *together_with, struct lock_set *ret, struct error **err)
{
	Pool *pool = r->pool;
	Solver *solver;
	Queue jobs;
	int result;

	for (size_t i = 0; i < install->n; i++) {
		if (!find_best(pool, install->items[i]))
			return no_package(pool, install->items[i], err);
	}
	queue_init(&jobs);
	add_fixed(pool, together_with, &jobs);
	for (size_t i = 0; i < install->n; i++)
		queue_push2(&jobs, SOLVER_INSTALL | SOLVER_SOLVABLE_NAME,
			    pool_str2id(pool, install->items[i], 1));
	solver = solver_create(pool);
	solver_set_flag(solver, SOLVER_FLAG_IGNORE_RECOMMENDED, 1);
	if (solver_solve(solver, &jobs) != 0)
		result = explain(solver, err);
	else
		result = take_result(r, solver, together_with, ret, err);
	solver_free(solver);
	queue_free(&jobs);
	return result;
}

int resolver_compare_versions(struct resolver *r, const char *a, const char *b)
{
	return pool_evrcmp_str(r->pool, a, b, EVRCMP_COMPARE);
}
