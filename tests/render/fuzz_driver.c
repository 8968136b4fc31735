// SPDX-License-Identifier: GPL-2.0-only
/*
 * Renders damaged records under ASan and UBSan: each record in memory of exactly its length, in every layout, into text
 * buffers of every size. Usage: fuzz_driver SEED ROUNDS. Prints "ok LINES".
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "tracefs/render/lines.h"
#include "tracefs/render/printfmt/printfmt.h"

static uint64_t state;

static uint32_t random32(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16);
}

static const struct rn_field fields[] = {
	{"nr", "int", 8, 4, RN_NUMBER, true},
	{"number", "unsigned long", 16, 8, RN_NUMBER, false},
	{"user", "const char *", 24, 8, RN_USER_STRING, false},
	{"name", "char[16]", 20, 16, RN_STRING, false},
	{"loc", "__data_loc char[]", 12, 4, RN_DATA_LOC, false},
	{"rest", "char[]", 16, 0, RN_STRING, false},
	{"array", "long[6]", 16, 48, RN_OPAQUE, false},
	{"byte", "bool", 9, 1, RN_NUMBER, false},
	{"half", "short", 10, 2, RN_NUMBER, true},
};
static const struct rn_field print_fields[] = {
	{"ip", "unsigned long", 8, 8, RN_NUMBER, false},
	{"buf", "char[]", 16, 0, RN_STRING, false},
};
static const struct rn_symbol symbols[] = {{1, "ONE"}, {6, "SIX"}, {1ull << 63, "TOP"}};
static const struct rn_op number_ops[] = {{.code = RN_OP_FIELD, .number = 1}};
static const struct rn_op text_ops[] = {{.code = RN_OP_FIELD, .number = 4}};
static const struct rn_op flag_ops[] = {
	{.code = RN_OP_FIELD, .number = 1},
	{.code = RN_OP_FLAGS, .text = "|", .symbols = symbols, .count = 3},
};
static const struct rn_op divide_ops[] = {
	{.code = RN_OP_FIELD, .number = 1},
	{.code = RN_OP_MEMORY, .number = 8, .size = 8, .flag = true},
	{.code = RN_OP_DIVIDE},
};
static const struct rn_piece pieces[] = {
	{"n=", 2, 'd', .zero = true, .size = 8, .width = 30, .precision = -1, .op_count = 1, .ops = number_ops},
	{" s=", 3, 's', .left = true, .width = 20, .precision = 7, .op_count = 1, .ops = text_ops},
	{" f=", 3, 's', .precision = -1, .op_count = 2, .ops = flag_ops},
	{" q=", 3, 'x', .alternate = true, .size = 4, .precision = 12, .op_count = 3, .ops = divide_ops},
	{".", 1, 0, .precision = -1},
};
static const struct rn_program program = {5, pieces};

#define CLASS(number, what, members, count)                                                                            \
	{.id = number,                                                                                                 \
	 .kind = what,                                                                                                 \
	 .field_count = count,                                                                                         \
	 .name = "event",                                                                                              \
	 .syscall = "call",                                                                                            \
	 .fields = members,                                                                                            \
	 .program = &program}
static const struct rn_class classes[] = {
	CLASS(EV_PRINT, RN_PRINT, print_fields, 2),      CLASS(EV_RAW_DATA, RN_RAW_DATA, print_fields, 2),
	CLASS(EV_USER_STACK, RN_USER_STACK, fields, 9),  CLASS(EV_RAW_SYS_ENTER, RN_RAW_ENTER, fields, 9),
	CLASS(EV_RAW_SYS_EXIT, RN_RAW_EXIT, fields, 9),  CLASS(EV_SYSCALL_FIRST, RN_ENTER, fields, 9),
	CLASS(EV_SYSCALL_FIRST + 1, RN_EXIT, fields, 2), CLASS(110, RN_TASK, fields, 9)};
#define CLASSES (sizeof(classes) / sizeof(classes[0]))
static const uint16_t others[] = {EV_COMPAT_SYS_ENTER, EV_COMPAT_SYS_EXIT, EV_ID_MAX, EV_ID_MAX + 1, 0, 0xffff};

static uint16_t some_type(void)
{
	unsigned choice = random32() % (CLASSES + 7);

	if (choice < CLASSES)
		return classes[choice].id;
	return choice == CLASSES + 6 ? (uint16_t)random32() : others[choice - CLASSES];
}

int main(int argc, char **argv)
{
	static const struct rn_class *by_id[EV_SYSCALL_FIRST + 2];
	static const char *const compat[] = {"restart", NULL, "fork"};
	struct rn_table table = {
		.id_count = EV_SYSCALL_FIRST + 2, .by_id = by_id, .compat_count = 3, .compat_names = compat};
	unsigned long rounds, lines = 0, i;

	assert(argc == 3);
	state = strtoull(argv[1], NULL, 0) * 2 + 1;
	rounds = strtoul(argv[2], NULL, 0);
	for (i = 0; i < CLASSES; i++)
		by_id[classes[i].id] = &classes[i];
	for (i = 0; i < rounds; i++) {
		uint32_t length = random32() % 96;
		unsigned char *record = malloc(length ? length : 1);
		struct rn_options options = {.flags = random32() & 0x3fff, .time_start = random32()};
		struct rn_place place = {.ts = (uint64_t)random32() << 32 | random32(),
					 .next_ts = random32(),
					 .cpu = (int)(random32() % 300)};
		size_t room = random32() % 4 ? 4096 : random32() % 200;
		char *text = malloc(room ? room : 1);
		uint16_t type = some_type();
		uint32_t at;

		for (at = 0; at < length; at++)
			record[at] = random32() % 3 ? (unsigned char)random32() : 0;
		if (length >= sizeof(type))
			memcpy(record, &type, sizeof(type));
		lines += rn_record(&table, &options, record, length, &place, text, room) > 0;
		free(text);
		free(record);
	}
	printf("ok %lu\n", lines);
	return 0;
}
