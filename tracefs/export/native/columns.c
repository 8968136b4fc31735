// SPDX-License-Identifier: GPL-2.0-only
#include "tracefs/export/native/columns.h"

#include "tracefs/export/native/strings.h"

#define MOST_WORDS 1024u /* bytes of one argument */
#define MOST_KEYS (1u << 20)

struct ex_columns {
	struct ex_bytes of[EX_COLUMNS];
	struct ex_bytes keys;
	struct ex_strings known; /* names of arguments */
	size_t rows;
};

static bool add32(struct ex_columns *columns, int which, int32_t value)
{
	return ex_put(&columns->of[which], &value, sizeof(value));
}

static bool add64(struct ex_columns *columns, int which, int64_t value)
{
	return ex_put(&columns->of[which], &value, sizeof(value));
}

void ex_columns_clear(struct ex_columns *columns)
{
	static const int starts[] = {EX_REG_AT, EX_ARG_AT, EX_WORD_AT, EX_PATHS_AT, EX_PATH_AT};

	for (int i = 0; i < EX_COLUMNS; i++)
		columns->of[i].size = 0;
	for (unsigned i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		add32(columns, starts[i], 0); /* there was room for it when they were made */
	columns->rows = 0;
}

struct ex_columns *ex_columns_new(void)
{
	struct ex_columns *columns = calloc(1, sizeof(*columns));
	bool room = columns;

	for (int i = 0; room && i < EX_COLUMNS; i++)
		room = ex_reserve(&columns->of[i], 64);
	if (!room) {
		ex_columns_free(columns);
		return NULL;
	}
	columns->known.most = MOST_KEYS;
	ex_columns_clear(columns);
	return columns;
}

void ex_columns_free(struct ex_columns *columns)
{
	if (!columns)
		return;
	for (int i = 0; i < EX_COLUMNS; i++)
		free(columns->of[i].bytes);
	free(columns->keys.bytes);
	ex_strings_free(&columns->known);
	free(columns);
}

const size_t *ex_columns_rows(const struct ex_columns *columns)
{
	return &columns->rows;
}

struct ex_column ex_columns_column(const struct ex_columns *columns, int which)
{
	return (struct ex_column){columns->of[which].bytes, columns->of[which].size};
}

struct ex_column ex_columns_keys(const struct ex_columns *columns)
{
	return (struct ex_column){columns->keys.bytes, columns->keys.size};
}

/* How many of the last row's there are now. */
static int32_t count_of(const struct ex_columns *columns, int which, size_t each)
{
	return (int32_t)(columns->of[which].size / each);
}

static void set_last(struct ex_columns *columns, int which, int32_t value)
{
	struct ex_bytes *of = &columns->of[which];

	memcpy(of->bytes + of->size - sizeof(value), &value, sizeof(value));
}

bool ex_columns_row(struct ex_columns *columns, const struct ex_row *row)
{
	int32_t args = count_of(columns, EX_KEY, 4), paths = count_of(columns, EX_PATH_AT, 4) - 1;
	uint8_t ended = row->ended;

	if (!add64(columns, EX_TS, row->ts) || !add64(columns, EX_DUR, row->dur) ||
	    !add32(columns, EX_TASK, row->task) || !add32(columns, EX_NR, row->nr) ||
	    !add64(columns, EX_RET, row->ret) || !ex_put(&columns->of[EX_ENDED], &ended, 1) ||
	    !ex_put(&columns->of[EX_ERRNO], &row->error, 2) ||
	    !ex_put(&columns->of[EX_REGS], row->regs, 8 * row->nregs) ||
	    !add32(columns, EX_REG_AT, count_of(columns, EX_REGS, 8)) || !add32(columns, EX_ARG_AT, args) ||
	    !add32(columns, EX_PATHS_AT, paths))
		return false;
	columns->rows++;
	return true;
}

bool ex_columns_arg(struct ex_columns *columns, const char *name, size_t name_length, const char *words, size_t length)
{
	bool fresh;
	uint32_t number = ex_strings_number(&columns->known, 0, name, (uint32_t)name_length, &fresh);

	if (!number || (fresh && (!ex_put(&columns->keys, name, name_length) || !ex_put(&columns->keys, "", 1))))
		return false;
	if (!add32(columns, EX_KEY, (int32_t)number - 1) ||
	    !ex_put(&columns->of[EX_WORDS], words, length < MOST_WORDS ? length : MOST_WORDS) ||
	    !add32(columns, EX_WORD_AT, (int32_t)columns->of[EX_WORDS].size))
		return false;
	set_last(columns, EX_ARG_AT, count_of(columns, EX_KEY, 4));
	return true;
}

/* Of a path that was put into EX_PATHS. */
static bool end_path(struct ex_columns *columns)
{
	if (!add32(columns, EX_PATH_AT, (int32_t)columns->of[EX_PATHS].size))
		return false;
	set_last(columns, EX_PATHS_AT, count_of(columns, EX_PATH_AT, 4) - 1);
	return true;
}

bool ex_columns_path(struct ex_columns *columns, const char *path, size_t length)
{
	return ex_put(&columns->of[EX_PATHS], path, length) && end_path(columns);
}

struct span {
	const char *at;
	size_t length;
};

/* What `3</etc/passwd>`, `3</tmp/x>(deleted)` and `AT_FDCWD</etc>` say; nothing where that is no path. */
static struct span opened(const char *words, size_t length)
{
	static const char gone[] = "(deleted)";
	const char *begin = memchr(words, '<', length);

	if (length > sizeof(gone) && !memcmp(words + length - (sizeof(gone) - 1), gone, sizeof(gone) - 1))
		length -= sizeof(gone) - 1;
	if (!begin || words[length - 1] != '>' || begin[1] != '/')
		return (struct span){NULL, 0};
	return (struct span){begin + 1, (size_t)(words + length - begin) - 2};
}

static bool is_descriptor(const struct tt_type *type)
{
	return type->kind != TT_POINTER && type->flags & TT_HOLDS_FDS;
}

static bool is_path(const struct tt_table *table, const struct tt_type *type)
{
	const struct tt_type *target = type->kind == TT_POINTER ? TT_TYPE(table, type->target) : NULL;

	return target && target->kind == TT_STR && target->flags & TT_PATH;
}

/* A relative path behind its directory's, where that is known; nothing where both are empty. */
static bool put_path(struct ex_columns *columns, struct span directory, struct span path)
{
	struct ex_bytes *to = &columns->of[EX_PATHS];
	bool relative = !path.length || *path.at != '/';

	if (!directory.length && !path.length)
		return true;
	if (directory.length && relative && !ex_put(to, directory.at, directory.length))
		return false;
	if (directory.length && relative && path.length && directory.at[directory.length - 1] != '/' &&
	    !ex_put(to, "/", 1))
		return false;
	return ex_put(to, path.at, path.length) && end_path(columns);
}

static bool put_paths(struct ex_columns *columns, const struct ex_call *call)
{
	const struct rn_whole *whole = call->whole;
	struct span directory = {NULL, 0}, result;
	bool any = false;

	for (unsigned i = 0; i < whole->n; i++) {
		const struct rn_part *part = &whole->args[i];
		const struct tt_type *type = TT_TYPE(whole->table, part->type);
		const char *words = call->words + part->at;

		if (is_descriptor(type) && part->length) {
			if (directory.length && !put_path(columns, directory, (struct span){NULL, 0}))
				return false;
			directory = opened(words, part->length);
		} else if (is_path(whole->table, type) && part->length >= 2 && *words == '"') {
			struct span path = {words + 1, part->length - 2};

			if (words[part->length - 1] != '"')
				continue; /* it was cut, and is another path's beginning */
			if (!put_path(columns, directory, path))
				return false;
			directory.length = 0;
			any = true;
		}
	}
	if (directory.length && !put_path(columns, directory, (struct span){NULL, 0}))
		return false;
	result = opened(call->words + whole->result.at, whole->result.length);
	return any || !result.length || whole->failed || put_path(columns, result, (struct span){NULL, 0});
}

static bool put_call(void *to, const struct ex_call *call)
{
	struct ex_columns *columns = to;
	const struct rn_whole *whole = call->whole;
	struct ex_row row = {
		.ts = (int64_t)call->ts,
		.dur = (int64_t)(call->end - call->ts),
		.ret = whole->ret,
		.task = (int32_t)call->task - 1,
		.nr = (int32_t)call->nr,
		.error = (int16_t)(whole->failed ? -whole->ret : 0),
		.ended = true,
		.nregs = call->nargs,
	};

	memcpy(row.regs, call->args, sizeof(row.regs));
	if (!ex_columns_row(columns, &row))
		return false;
	for (unsigned i = 0; i < whole->n; i++) {
		const struct rn_part *part = &whole->args[i];

		if (!ex_columns_arg(columns, TT_STRING(whole->table, part->name),
				    tt_string_length(whole->table, part->name), call->words + part->at, part->length))
			return false;
	}
	return put_paths(columns, call);
}

struct ex_pairs *ex_columns_pairs(struct ex_columns *columns, bool ours, const uint8_t mine[1024])
{
	return ex_pairs_new(ours, mine, put_call, columns);
}
