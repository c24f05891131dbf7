#include "test.h"

#include "formats/azure_wire.h"

#define CONTAINER "c6d5526c-5ac2-4200-b6e2-56f2b70c5ab2"
#define INSTANCE "b61f93d0-e1ed-40b2-b067-22c243233448.MachineRole_IN_0"
#define ROLE(id)                                                               \
	"<RoleInstanceList><RoleInstance><InstanceId>" id "</InstanceId>"      \
	"<State>Started</State></RoleInstance></RoleInstanceList></Container>" \
	"</GoalState>"
#define HEAD "<GoalState><Incarnation>1</Incarnation><Container>"
#define ID(id) "<ContainerId>" id "</ContainerId>"

/* As the server sends it, with what nobody here reads. */
static const char real[] =
	"\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n"
	"<GoalState xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
	"xsi:noNamespaceSchemaLocation=\"goalstate10.xsd\" odd='a > b'>\r\n"
	"  <Version>2012-11-30</Version>\r\n"
	"  <!-- <Incarnation>7</Incarnation> -->\r\n"
	"  <Incarnation>\r\n 12 </Incarnation>\r\n"
	"  <Machine><ExpectedState>Started</ExpectedState><LBProbePorts><Port>16001</Port>"
	"</LBProbePorts><ExpectHealthReport>FALSE</ExpectHealthReport></Machine>\r\n"
	"  <Container>\r\n    <ContainerId>" CONTAINER "</ContainerId>\r\n"
	"    <RoleInstanceList><RoleInstance>\r\n"
	"      <InstanceId>" INSTANCE "</InstanceId>\r\n      <State>Started</State>\r\n"
	"      <Configuration><Certificates/><HostingEnvironmentConfig>http://168.63.129.16:80/"
	"machine/a?comp=config&amp;type=hostingEnvironmentConfig</HostingEnvironmentConfig>"
	"<InstanceId >other</InstanceId ></Configuration>\r\n"
	"    </RoleInstance></RoleInstanceList>\r\n  </Container>\r\n</GoalState>\r\n";

static void assert_span(struct span s, const char *text)
{
	assert_true(span_equal(s, span_string(text)));
}

static void reads_the_names(void **state)
{
	_cleanup_error_ struct error *err = NULL;
	struct azure_goal_state g;

	(void)state;
	assert_done(azure_goal_state_parse(SPAN_LITERAL(real), &g, &err), &err);
	assert_span(g.incarnation, "12");
	assert_span(g.container_id, CONTAINER);
	assert_span(g.instance_id, INSTANCE);
}

/* Whatever is cut off, it is not whole. */
static void refuses_a_part(void **state)
{
	size_t whole = strlen(real) - 2;

	(void)state;
	for (size_t n = 0; n < whole; n++) {
		_cleanup_error_ struct error *err = NULL;
		struct azure_goal_state g;

		assert_int_equal(azure_goal_state_parse(SPAN(real, n), &g, &err), -ERROR_MALFORMED);
		assert_non_null(err);
	}
}

static void assert_refused(const char *xml, const char *message)
{
	_cleanup_error_ struct error *err = NULL;
	struct azure_goal_state g;

	assert_failed(azure_goal_state_parse(span_string(xml), &g, &err), ERROR_MALFORMED, message,
		      &err);
}

static void refuses_other_documents(void **state)
{
	(void)state;
	assert_refused("", "goal state: it does not name the machine");
	assert_refused("nonsense", "goal state: text outside of its elements");
	assert_refused("<a></b>", "goal state: an end without its beginning");
	assert_refused("</a>", "goal state: an end without its beginning");
	assert_refused("<a", "goal state: a tag without its end");
	assert_refused("<a <b>", "goal state: a tag without its end");
	assert_refused("<>", "goal state: a tag without a name");
	assert_refused("< a/>", "goal state: a tag without a name");
	assert_refused("<a>", "goal state: it ends within an element");
	assert_refused("<a/><b/>", "goal state: more than one document");
	assert_refused("<!-- a", "goal state: it ends within '<!--'");
	assert_refused("<?xml", "goal state: it ends within '<?xm'");
	assert_refused("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "goal state: a declaration");
	assert_refused("<a><![CDATA[b]]></a>", "goal state: a declaration");
	assert_refused("<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a>",
		       "goal state: more than 16 elements in one another");
}

static void refuses_other_names(void **state)
{
	(void)state;
	assert_refused(HEAD ROLE("i"), "goal state: it does not name the machine");
	assert_refused(HEAD ID("c") ID("c") ROLE("i"), "goal state: 'ContainerId' is there twice");
	assert_refused(HEAD ID("") ROLE("i"), "goal state: 'ContainerId' holds no name");
	assert_refused(HEAD "<ContainerId/>" ROLE("i"), "goal state: 'ContainerId' holds no name");
	assert_refused(HEAD ID("a&lt;b") ROLE("i"), "goal state: 'ContainerId' holds no name");
	assert_refused(HEAD ID("a b") ROLE("i"), "goal state: 'ContainerId' holds no name");
	assert_refused(HEAD ID("a<!-- b -->") ROLE("i"), "goal state: 'ContainerId' holds no name");
	/* One in another is none. */
	assert_refused(HEAD "<ContainerId>c<b></b></ContainerId>" ROLE("i"),
		       "goal state: it does not name the machine");
}

static void refuses_long_ones(void **state)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(1u << 20);
	char name[AZURE_NAME_MAX + 2];

	(void)state;
	memset(name, 'a', sizeof name);
	name[AZURE_NAME_MAX + 1] = 0;
	buffer_printf(&b, HEAD "<ContainerId>%s</ContainerId>" ROLE("i"), name);
	assert_refused(buffer_text(&b), "goal state: 'ContainerId' holds no name");
	b.n = 0;
	buffer_put_string(&b, HEAD ID("c") ROLE("i"));
	memset(buffer_extend(&b, AZURE_GOAL_STATE_MAX), ' ', AZURE_GOAL_STATE_MAX);
	assert_refused(buffer_text(&b), "goal state: more than 65536 bytes");
}

static void assert_report(const char *not_ready, const char *health)
{
	const struct azure_goal_state g = {SPAN_LITERAL("1"), SPAN_LITERAL("c"), SPAN_LITERAL("i")};
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(AZURE_HEALTH_MAX);
	_cleanup_(buffer_release) struct buffer expected = BUFFER_INIT(AZURE_HEALTH_MAX);

	azure_health_write(&g, not_ready, &b);
	buffer_printf(
		&expected,
		"<?xml version=\"1.0\" encoding=\"utf-8\"?><Health><GoalStateIncarnation>1"
		"</GoalStateIncarnation><Container><ContainerId>c</ContainerId><RoleInstanceList>"
		"<Role><InstanceId>i</InstanceId><Health>%s</Health></Role></RoleInstanceList>"
		"</Container></Health>",
		health);
	assert_string_equal(buffer_text(&b), buffer_text(&expected));
}

#define NOT_READY(text)                                                   \
	"<State>NotReady</State><Details><SubStatus>ProvisioningFailed</" \
	"SubStatus><Description>" text "</Description></Details>"

static void writes_reports(void **state)
{
	(void)state;
	assert_report(NULL, "<State>Ready</State>");
	assert_report("the disk", NOT_READY("the disk"));
	assert_report("</Description> & \"a\"\n\xc3\xa4\x7f",
		      NOT_READY("&lt;/Description&gt; &amp; \"a\"????"));
}

/* The longest names and the longest description fit. */
static void writes_long_reports(void **state)
{
	_cleanup_(buffer_release) struct buffer b = BUFFER_INIT(AZURE_HEALTH_MAX);
	char name[AZURE_NAME_MAX], text[AZURE_DESCRIPTION_MAX + 2];
	const struct span s = SPAN(name, sizeof name);
	const struct azure_goal_state g = {s, s, s};
	size_t at;

	(void)state;
	memset(name, 'a', sizeof name);
	memset(text, '&', sizeof text);
	text[sizeof text - 1] = 0;
	azure_health_write(&g, text, &b);
	assert_true(buffer_ok(&b));
	text[AZURE_DESCRIPTION_MAX] = 0;
	assert_true(span_find(buffer_span(&b), SPAN_LITERAL("&amp;</Description>"), &at));
	assert_true(b.n < 5 * AZURE_DESCRIPTION_MAX + 3 * sizeof name + 512);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_names),	   cmocka_unit_test(refuses_a_part),
		cmocka_unit_test(refuses_other_documents), cmocka_unit_test(refuses_other_names),
		cmocka_unit_test(refuses_long_ones),	   cmocka_unit_test(writes_reports),
		cmocka_unit_test(writes_long_reports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
