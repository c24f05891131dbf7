/*
 * A measurements.json, read back: what a finished file was predicted to do, without the file.
 */
#pragma once

#include "measure/measure.h"

/* Of events in a document: a boot has some ten, the most sections an image can have make 200. */
#define REPORT_EVENTS_MAX 4096u

/*
 * Reads banks (as measurement_parse_banks()), events, and what the document says about file, image and
 * boot. What older documents do not have stays empty.
 */
_must_check_ int measurement_parse(struct span json, struct measurement *ret, struct error **err);
