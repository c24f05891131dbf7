#include "attest/paravisors.h"

const struct paravisor paravisors[] = {
	{"Azure, seen in June 2026",
	 "ff450b138c5ee6734a43dc35afb437abfa24ef743bc9e9484ef4af365fcd89a6"
	 "c50913248ed7fcb92a7d42b1ba7da984"},
	{"Azure, seen in December 2025",
	 "12bdbc1609ef066db7a9ec7b26d7509346f4ca46e846274096cb25939b1e7119"
	 "44061ca19a30c6743f1e599148eee451"},
};

const size_t n_paravisors = ARRAY_SIZE(paravisors);
