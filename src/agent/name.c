#include "name.h"
#include "sys.h"

static const char *probe;

void set_name(const char *name)
{
	sys_prctl(PR_SET_NAME, (u64)name);
}

void set_probe(const char *name)
{
	probe = name;
}

void as_probe(void)
{
	set_name(probe);
}

void as_agent(void)
{
	set_name(NAME_AGENT);
}

void as_undo(void)
{
	set_name(NAME_UNDO);
}
