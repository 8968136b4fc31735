/* SPDX-License-Identifier: GPL-2.0-only */
/* Data through a chain of processes arrives whole and in order, with short reads only where a pipe gives them. */
#include "check.h"

enum { STAGES = 3, SIZE = 256 * 1024 };

static void copy(int in, int out)
{
	char buffer[3000];
	ssize_t n;

	while ((n = read(in, buffer, sizeof(buffer))) > 0)
		for (ssize_t done = 0, w; done < n; done += w) {
			w = write(out, buffer + done, (size_t)(n - done));
			CHECK(w > 0);
		}
	CHECK_EQ(n, 0);
}

static void behaviour(void)
{
	int in, first[2], next[2];
	pid_t child[STAGES + 1];
	uint32_t expected = 0, value;
	FILE *stream;

	CHECK(pipe(first) == 0);
	child[STAGES] = fork();
	CHECK(child[STAGES] >= 0);
	if (child[STAGES] == 0) {
		close(first[0]);
		stream = fdopen(first[1], "w");
		for (value = 0; value < SIZE / 4; value++)
			CHECK_EQ(fwrite(&value, 4, 1, stream), 1);
		CHECK_EQ(fclose(stream), 0);
		_exit(0);
	}
	close(first[1]);
	in = first[0];
	for (int i = 0; i < STAGES; i++) {
		CHECK(pipe(next) == 0);
		child[i] = fork();
		CHECK(child[i] >= 0);
		if (child[i] == 0) {
			close(next[0]);
			copy(in, next[1]);
			_exit(0);
		}
		close(in);
		close(next[1]);
		in = next[0];
	}
	stream = fdopen(in, "r");
	while (fread(&value, 4, 1, stream) == 1)
		CHECK_EQ(value, expected++);
	CHECK_EQ(expected, SIZE / 4);
	fclose(stream);
	for (int i = 0; i <= STAGES; i++)
		check_exited(child[i], 0);

	CHECK(pipe(next) == 0); /* a writer without a reader */
	close(next[0]);
	child[0] = fork();
	if (child[0] == 0) {
		write(next[1], "x", 1);
		_exit(1);
	}
	check_killed(child[0], SIGPIPE);
	close(next[1]);
}
