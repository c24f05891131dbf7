#include "guest/metrics/metrics.h"

#include "base/text.h"

/* Ticks of /proc a second: USER_HZ of Linux, on every machine. */
#define TICKS 100
#define SECTOR 512

static void put_family(struct buffer *b, const char *name, const char *type)
{
	buffer_printf(b, "# TYPE %s %s\n", name, type);
}

/* Names of processors, disks and cards: what could end the text of a label is in none of them. */
static bool is_label(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '"' || s.p[i] == '\\')
			return false;
	}
	return s.n > 0;
}

static bool take_number(struct span *rest, uint64_t *ret)
{
	return parse_u64(span_next_word(rest), UINT64_MAX, ret);
}

/* "cpu0 1 2 3": the number of the processor. */
static bool is_processor(struct span name, struct span *ret)
{
	uint64_t number;

	*ret = name.n > 3 ? span_skip(name, 3) : (struct span){0};
	return name.n > 3 && memcmp(name.p, "cpu", 3) == 0 && parse_u64(*ret, UINT32_MAX, &number);
}

void metrics_processors(struct span stat, struct buffer *ret)
{
	static const char *const modes[] = {"user",   "nice", "system",	 "idle",
					    "iowait", "irq",  "softirq", "steal"};
	struct reader reader = reader_init(stat);
	struct span line, cpu;
	uint64_t value;

	put_family(ret, "node_cpu_seconds_total", "counter");
	while (reader_line(&reader, &line)) {
		struct span name = span_next_word(&line);

		for (size_t i = 0; is_processor(name, &cpu) && i < ARRAY_SIZE(modes) &&
				   take_number(&line, &value);
		     i++)
			buffer_printf(
				ret, "node_cpu_seconds_total{cpu=\"%.*s\",mode=\"%s\"} %llu.%02u\n",
				(int)cpu.n, (const char *)cpu.p, modes[i],
				(unsigned long long)(value / TICKS), (unsigned)(value % TICKS));
		if (span_equal(name, SPAN_LITERAL("btime")) && take_number(&line, &value)) {
			put_family(ret, "node_boot_time_seconds", "gauge");
			buffer_printf(ret, "node_boot_time_seconds %llu\n",
				      (unsigned long long)value);
		}
	}
}

void metrics_memory(struct span meminfo, struct buffer *ret)
{
	static const char *const wanted[] = {"MemTotal", "MemFree",  "MemAvailable", "Buffers",
					     "Cached",	 "Dirty",    "Slab",	     "SwapTotal",
					     "SwapFree", "AnonPages"};
	struct reader reader = reader_init(meminfo);
	struct span line;
	uint64_t kilobytes;

	/* "MemTotal:        2014532 kB" */
	while (reader_line(&reader, &line)) {
		struct span name = span_next_word(&line);

		if (!take_number(&line, &kilobytes) || kilobytes > UINT64_MAX / 1024 ||
		    !span_equal(span_next_word(&line), SPAN_LITERAL("kB")))
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
			size_t n = strlen(wanted[i]);

			if (name.n != n + 1 || memcmp(name.p, wanted[i], n) != 0)
				continue;
			buffer_printf(ret,
				      "# TYPE node_memory_%s_bytes gauge\n"
				      "node_memory_%s_bytes %llu\n",
				      wanted[i], wanted[i], (unsigned long long)kilobytes * 1024);
		}
	}
}

/* "0.12" */
static bool is_decimal(struct span s)
{
	size_t points = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '.')
			points++;
		else if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	}
	return s.n > points && points <= 1;
}

void metrics_load(struct span loadavg, struct buffer *ret)
{
	static const unsigned minutes[] = {1, 5, 15};

	for (size_t i = 0; i < ARRAY_SIZE(minutes); i++) {
		struct span load = span_next_word(&loadavg);

		if (is_decimal(load))
			buffer_printf(ret, "# TYPE node_load%u gauge\nnode_load%u %.*s\n",
				      minutes[i], minutes[i], (int)load.n, (const char *)load.p);
	}
}

/* A metric that is one column of a file with a line for each device. */
struct column {
	const char *name;
	size_t index; /* behind the name */
};

/* "  eth0: 1 2 3" or "   8  0 sda 1 2 3": takes the name and leaves the columns. */
typedef bool (*take_name_function)(struct span *line, struct span *ret);

static void put_columns(struct span text, take_name_function take_name, const struct column *c,
			uint64_t factor, struct buffer *ret)
{
	struct reader reader = reader_init(text);
	struct span line, name;
	uint64_t value = 0;

	put_family(ret, c->name, "counter");
	while (reader_line(&reader, &line)) {
		bool good = take_name(&line, &name) && is_label(name);

		for (size_t i = 0; good && i <= c->index; i++)
			good = take_number(&line, &value);
		if (good && value <= UINT64_MAX / factor)
			buffer_printf(ret, "%s{device=\"%.*s\"} %llu\n", c->name, (int)name.n,
				      (const char *)name.p, (unsigned long long)(value * factor));
	}
}

static bool take_card(struct span *line, struct span *ret)
{
	struct span name = span_next_word(line);

	if (name.n < 2 || name.p[name.n - 1] != ':')
		return false;
	*ret = SPAN(name.p, name.n - 1);
	return true;
}

void metrics_network(struct span dev, struct buffer *ret)
{
	static const struct column columns[] = {
		{"node_network_receive_bytes_total", 0},
		{"node_network_receive_packets_total", 1},
		{"node_network_receive_errs_total", 2},
		{"node_network_receive_drop_total", 3},
		{"node_network_transmit_bytes_total", 8},
		{"node_network_transmit_packets_total", 9},
		{"node_network_transmit_errs_total", 10},
		{"node_network_transmit_drop_total", 11},
	};

	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		put_columns(dev, take_card, &columns[i], 1, ret);
}

static bool take_disk(struct span *line, struct span *ret)
{
	uint64_t major, minor;

	if (!take_number(line, &major) || !take_number(line, &minor))
		return false;
	*ret = span_next_word(line);
	return true;
}

/* Milliseconds as seconds. */
static void put_busy(struct span diskstats, struct buffer *ret)
{
	struct reader reader = reader_init(diskstats);
	struct span line, name;
	uint64_t value = 0;

	put_family(ret, "node_disk_io_time_seconds_total", "counter");
	while (reader_line(&reader, &line)) {
		bool good = take_disk(&line, &name) && is_label(name);

		for (size_t i = 0; good && i <= 9; i++)
			good = take_number(&line, &value);
		if (good)
			buffer_printf(
				ret, "node_disk_io_time_seconds_total{device=\"%.*s\"} %llu.%03u\n",
				(int)name.n, (const char *)name.p,
				(unsigned long long)(value / 1000), (unsigned)(value % 1000));
	}
}

/* The columns are those of Documentation/admin-guide/iostats.rst. */
void metrics_disks(struct span diskstats, struct buffer *ret)
{
	static const struct column reads = {"node_disk_reads_completed_total", 0},
				   read = {"node_disk_read_bytes_total", 2},
				   writes = {"node_disk_writes_completed_total", 4},
				   written = {"node_disk_written_bytes_total", 6};

	put_columns(diskstats, take_disk, &reads, 1, ret);
	put_columns(diskstats, take_disk, &read, SECTOR, ret);
	put_columns(diskstats, take_disk, &writes, 1, ret);
	put_columns(diskstats, take_disk, &written, SECTOR, ret);
	put_busy(diskstats, ret);
}
