// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
/*
 * The command `tracefs`: starts Python on its neighbour `tracefs-main`, so that what is meant for the traced program
 * does not steer the tracer, and so that the tracer still knows it (tracefs/inherited.py).
 *
 * - Python reads no PYTHON* variables (-E) in `tracefs run`: there they are the program's. Other commands start no
 *   program, and find packages with types of their own by PYTHONPATH.
 * - The loader reads no LD_PRELOAD and the like: the entries of the environment that steer it get a mark in front.
 *   LD_LIBRARY_PATH stays as it is, since some Pythons do not start without it.
 * - Python ignores SIGPIPE and SIGXFSZ from its start on. -X tracefs=MASK says which signals were ignored before
 *   (bit n - 1: signal n), and that the environment has marks.
 *
 * It is linked statically where that is possible: then no variable has a say in it, either.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MARK '\1'
#define SUFFIX "-main"
#define ROOM 4096

static _Noreturn void fail(const char *what, int error)
{
	dprintf(2, "tracefs: %s: %s\n", what, strerror(error));
	_exit(error == ENOENT ? 127 : 126);
}

static bool steers_loader(const char *entry)
{
	static const char *const prefixes[] = {"LD_", "GLIBC_TUNABLES=", "MALLOC_", "GCONV_PATH=", "LOCPATH="};

	if (!strncmp(entry, "LD_LIBRARY_PATH=", 16))
		return false;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (!strncmp(entry, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

/* One that begins with the mark gets another, so that taking one off gives every entry back as it was. */
static void mark_entries(char **envp)
{
	for (; *envp; envp++) {
		char *marked;

		if (**envp != MARK && !steers_loader(*envp))
			continue;
		marked = malloc(strlen(*envp) + 2);
		if (!marked)
			fail("environment", ENOMEM);
		*marked = MARK;
		strcpy(marked + 1, *envp);
		*envp = marked;
	}
}

static uint64_t ignored_signals(void)
{
	uint64_t mask = 0;
	struct sigaction action;

	for (int sig = 1; sig <= 64; sig++)
		if (!sigaction(sig, NULL, &action) && action.sa_handler == SIG_IGN)
			mask |= 1ull << (sig - 1);
	return mask;
}

/*
 * The interpreter that a script names. Installers write its first line: either #!PATH, or, where PATH is too long for
 * the kernel or has spaces, a line that sh executes: '''exec' "PATH" "$0" "$@".
 */
static char *interpreter(char *head)
{
	static const char by_sh[] = "#!/bin/sh\n'''exec' ";
	char *end;

	if (!strncmp(head, by_sh, strlen(by_sh))) {
		head += strlen(by_sh);
		char close = *head == '"' || *head == '\'' ? *head++ : ' ';
		end = strchr(head, close);
	} else {
		if (strncmp(head, "#!", 2))
			return NULL;
		head += 2 + strspn(head + 2, " \t");
		end = strpbrk(head, " \t\n");
	}
	if (!end || *head != '/')
		return NULL;
	*end = 0;
	return head;
}

int main(int argc, char **argv, char **envp)
{
	static char script[ROOM], head[ROOM], mask[64];
	char **words = calloc((size_t)argc + 6, sizeof(*words)), *python;
	ssize_t n = readlink("/proc/self/exe", script, sizeof(script) - sizeof(SUFFIX));
	int file;

	if (n < 0 || !words)
		fail("/proc/self/exe", errno);
	strcpy(script + n, SUFFIX);
	file = open(script, O_RDONLY | O_CLOEXEC);
	if (file < 0 || (n = read(file, head, sizeof(head) - 1)) < 0)
		fail(script, errno);
	close(file);
	python = interpreter(head);
	if (!python)
		fail(script, ENOEXEC);
	snprintf(mask, sizeof(mask), "tracefs=%llx", (unsigned long long)ignored_signals());
	mark_entries(envp);

	char **word = words;
	*word++ = python;
	if (argc > 1 && !strcmp(argv[1], "run"))
		*word++ = "-E";
	*word++ = "-X";
	*word++ = mask;
	*word++ = script;
	for (int i = 1; i < argc; i++)
		*word++ = argv[i];
	execve(python, words, envp);
	fail(python, errno);
}
