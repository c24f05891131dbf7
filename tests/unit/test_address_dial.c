/* Nodes whose name has more than one address. */
#include "test.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "channel/address.h"

#define HUNG INADDR_LOOPBACK
#define GOOD (INADDR_LOOPBACK + 1)

static struct sockaddr_in addresses[2];
static struct addrinfo infos[2];

/* In place of the C library's, for all that is linked here. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
		struct addrinfo **ret)
{
	assert_string_equal(name, "node.example");
	for (size_t i = 0; i < 2; i++) {
		addresses[i] = (struct sockaddr_in){
			.sin_family = AF_INET,
			.sin_port = htons((uint16_t)strtoul(service, NULL, 10)),
			.sin_addr = {htonl(i ? GOOD : HUNG)}};
		infos[i] = (struct addrinfo){.ai_family = AF_INET,
					     .ai_socktype = hints->ai_socktype,
					     .ai_addr = (void *)&addresses[i],
					     .ai_addrlen = sizeof addresses[i],
					     .ai_next = i ? NULL : &infos[1]};
	}
	*ret = infos;
	return 0;
}

void freeaddrinfo(struct addrinfo *list)
{
	assert_ptr_equal(list, infos);
}

static int listen_at(uint32_t host, in_port_t *port, int backlog)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET, .sin_port = *port, .sin_addr = {htonl(host)}};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t n = sizeof a;

	assert_int_equal(bind(fd, (void *)&a, sizeof a), 0);
	assert_int_equal(listen(fd, backlog), 0);
	assert_int_equal(getsockname(fd, (void *)&a, &n), 0);
	*port = a.sin_port;
	return fd;
}

/* The first one answers nothing, as one behind a firewall that drops: its queue is full. */
static void leaves_time_for_the_next(void **state)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(HUNG)}};
	struct address node = {.host = "node.example"};
	struct error *err = NULL;
	int hung, good, first = socket(AF_INET, SOCK_STREAM, 0), fd = -1;
	socklen_t n = sizeof a;

	(void)state;
	hung = listen_at(HUNG, &a.sin_port, 0);
	good = listen_at(GOOD, &a.sin_port, 4);
	assert_int_equal(connect(first, (void *)&a, sizeof a), 0);
	node.port = ntohs(a.sin_port);
	assert_done(address_dial(&node, clock_milliseconds() + 2000, &fd, &err), &err);
	assert_int_equal(getpeername(fd, (void *)&a, &n), 0);
	assert_int_equal(ntohl(a.sin_addr.s_addr), GOOD);
	close(fd);
	close(first);
	close(hung);
	close(good);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_time_for_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
