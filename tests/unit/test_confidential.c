#include "test.h"

#include "base/confidential.h"

struct leaf {
	uint32_t number;
	struct cpuid answer;
};

/* What cpuid() answers; other leaves are zeros. */
static const struct leaf *machine;

static struct cpuid answer(uint32_t leaf)
{
	const struct leaf *l = machine;

	while (l->answer.eax | l->answer.ebx | l->answer.ecx | l->answer.edx && l->number != leaf)
		l++;
	return l->answer;
}

#define MAXIMUM                       \
	{                             \
		0,                    \
		{                     \
			0x21, 0, 0, 0 \
		}                     \
	}
#define TDX                                                   \
	{                                                     \
		0x21,                                         \
		{                                             \
			0, 0x65746e49, 0x20202020, 0x5844546c \
		}                                             \
	} /* "Inte" "    " "lTDX" */
#define UNDER_HYPERVISOR                  \
	{                                 \
		1,                        \
		{                         \
			0, 0, 1u << 31, 0 \
		}                         \
	}
#define HYPERV                                                         \
	{                                                              \
		0x40000000,                                            \
		{                                                      \
			0x4000000c, 0x7263694d, 0x666f736f, 0x76482074 \
		}                                                      \
	}
#define ISOLATES                          \
	{                                 \
		0x40000003,               \
		{                         \
			0, 1u << 22, 0, 0 \
		}                         \
	}

static void judges(void **state)
{
	static const struct leaf plain[] = {MAXIMUM, UNDER_HYPERVISOR, {0}};
	static const struct leaf tdx[] = {MAXIMUM, UNDER_HYPERVISOR, TDX, {0}};
	static const struct leaf hyperv[] = {MAXIMUM, UNDER_HYPERVISOR, HYPERV, {0}};
	/* Isolation of type 3 (TDX) and 2 (SEV-SNP), with a paravisor and without. */
	static const struct leaf azure[] = {MAXIMUM,  UNDER_HYPERVISOR,		  HYPERV,
					    ISOLATES, {0x4000000c, {1, 3, 0, 0}}, {0}};
	static const struct leaf azure_snp[] = {MAXIMUM,  UNDER_HYPERVISOR,	      HYPERV,
						ISOLATES, {0x4000000c, {1, 2, 0, 0}}, {0}};
	static const struct leaf alone[] = {MAXIMUM,  UNDER_HYPERVISOR,		  HYPERV,
					    ISOLATES, {0x4000000c, {0, 3, 0, 0}}, {0}};
	/* A host that claims to be the paravisor of a trust domain. */
	static const struct leaf liar[] = {MAXIMUM,  UNDER_HYPERVISOR,		 TDX, HYPERV,
					   ISOLATES, {0x4000000c, {1, 3, 0, 0}}, {0}};
	static const struct {
		const struct leaf *machine;
		bool snp;
		enum confidential wanted;
	} cases[] = {
		{plain, false, CONFIDENTIAL_NOT},
		{plain, true, CONFIDENTIAL_HOST_TPM},
		{tdx, false, CONFIDENTIAL_HOST_TPM},
		{hyperv, false, CONFIDENTIAL_NOT},
		{azure, false, CONFIDENTIAL_PARAVISOR},
		{azure_snp, false, CONFIDENTIAL_PARAVISOR},
		{azure_snp, true, CONFIDENTIAL_HOST_TPM},
		{alone, false, CONFIDENTIAL_HOST_TPM},
		{liar, false, CONFIDENTIAL_HOST_TPM},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		machine = cases[i].machine;
		assert_int_equal(confidential_judge(answer, cases[i].snp), cases[i].wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(judges)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
