# SPDX-License-Identifier: GPL-2.0-only
"""The mini-HOWTO that the file README shows."""

README = """\
tracefs in user space: a short HOWTO

The files here are those of the kernel's tracefs and work the same way. What is recorded is the system calls of the
tasks in scope, seen through ptrace, and what else a tracer is told of them; nothing here needs root.

# echo syscall > current_tracer   : record all system calls
# cat trace                       : look at what was recorded
# cat trace_pipe                  : follow it; what is read is taken out
# echo nop > current_tracer       : stop, and empty the buffer
# echo 0 > tracing_on             : stop for a moment, keep everything
# > trace                         : empty the buffer

 Tracing:
  available_tracers       - what current_tracer takes: syscall, nop
  current_tracer          - the tracer in use; no change while trace_pipe is open (EBUSY)
  tracing_on              - 0 stops the recording, 1 lets it go on
  tracing_cpumask         - CPUs on which is recorded, in hexadecimal
  set_ftrace_pid          - thread ids that the tracer records; empty: all in scope
  set_ftrace_notrace_pid  - thread ids that it does not record
  error_log               - why recent writes failed, and which tasks could not be traced

 Events:
  available_events        - all events, as SYSTEM:EVENT
  set_event               - the enabled ones; write SYSTEM:EVENT, SYSTEM:*, EVENT or a glob, with ! before it to disable
  show_event_filters      - the events that have a filter, and it
  show_event_triggers     - the events that have triggers, and each of these
  events/enable           - 1 enables all, 0 disables all; X: some are enabled
  events/SYSTEM/enable    - the same for those of a system
  events/SYSTEM/filter    - sets the filter of each of its events that has the fields
  events/SYSTEM/EVENT/enable - the same for one
  events/SYSTEM/EVENT/filter - which of its records are kept: FIELD OPERATOR VALUE, with && || ! and parentheses; 0: all
  events/SYSTEM/EVENT/format - its fields, and how they are printed
  events/SYSTEM/EVENT/id  - the number that its records bear
  events/SYSTEM/EVENT/trigger - what its hits set off, see below; synthetic events have the same files
  events/SYSTEM/EVENT/hist - the tables of its hist triggers
  synthetic_events        - events that hist triggers make: NAME TYPE FIELD[; TYPE FIELD]...; ! before NAME removes it
        echo 'opened u64 lat; char name[]' >> synthetic_events
  dynamic_events          - the same events, as s:[synthetic/]NAME TYPE FIELD..., and -:[synthetic/]NAME to remove one
  set_event_pid           - thread ids whose events are recorded; empty: all in scope
  set_event_notrace_pid   - thread ids whose events are not recorded
  instances/              - mkdir makes a tree here with a buffer, tracer and events of its own; rmdir removes it

 Triggers: COMMAND[:COUNT][ if FILTER], written to an event's trigger file; ! before it removes it
  traceon, traceoff       - switch tracing_on
  snapshot                - set the buffer aside, as 1 in the snapshot file does
  stacktrace              - record the task's user stack
  enable_event:SYSTEM:EVENT, disable_event:SYSTEM:EVENT - switch another event
  enable_hist:SYSTEM:EVENT, disable_hist:SYSTEM:EVENT - continue and pause its histograms
  hist:keys=FIELD[,...][:values=FIELD[,...]][:sort=FIELD[.descending][,...]][:size=ENTRIES][:name=NAME]
      [:pause][:continue][:clear][:nohitcount][:clock=CLOCK][:<var1>=<field|var_ref|numeric_literal>[,...]]
      [:HANDLER.ACTION] - count hits, and sum values, by keys
        a FIELD may be hitcount, common_timestamp, common_cpu, common_comm, common_stacktrace, an expression with + - * /,
        a $variable, also of another event's histogram, and may end in .hex .execname .syscall .log2 .buckets=SIZE
        .usecs .percent .graph
        handlers: onmatch(SYSTEM.EVENT), onmax(var), onchange(var), where var is written $NAME
        actions:  trace(<synthetic_event>,PARAMETERS) or <synthetic_event>(PARAMETERS), save(FIELDS), snapshot()

 Reading:
  trace                   - all that the buffer holds, oldest first; reading takes nothing out
  trace_pipe              - the same as a stream: waits for more, takes out what it shows
  snapshot                - 1 sets aside what the buffer holds, to be read here while recording goes on; 0 frees, 2 empties
  per_cpu/cpuN/           - trace, trace_pipe, trace_pipe_raw, stats and buffer_size_kb of one CPU
  saved_cmdlines          - names of recorded tasks by thread id
  saved_cmdlines_size     - how many names are kept
  saved_tgids             - their processes (with the option record-tgid)

 The buffer:
  buffer_size_kb          - size for each CPU; it is allocated at the first use
  buffer_total_size_kb    - of all CPUs together
  buffer_subbuf_size_kb   - size of the parts it consists of
  buffer_percent          - how full it is (in percent) when those who poll are woken
  free_buffer             - the buffer is given back when this file is closed
  trace_clock             - the clock of the time stamps
        local, global     - nanoseconds since boot, the same on all CPUs
        mono, mono_raw, boot, tai - the system's clocks of these names
        counter           - counts events
        x86-tsc           - cycles of the time stamp counter
  timestamp_mode          - how time stamps are stored (delta)

 Options:
  trace_options           - all options; write a name to set it, or no and the name to clear it
  syscall_user_buf_size   - bytes of a text or of data that are saved of what arguments point to; 0: nothing is
  options/NAME            - one option: 1 or 0
        syscall_arg_type  - show the types of the arguments
        in_task           - programs that begin record their calls themselves where they can: set before tracing begins
        json              - one JSON object a line, a call with its result, in files opened from now on
        syscall_whole_paths - names of paths are saved whole, whatever syscall_user_buf_size is
        syscall_fd_path   - record what file descriptors stand for: 3</etc/passwd>
        syscall_pair      - record exits only of calls whose enter was: where that passed its filter
        irq-info          - show the kernel's column of context flags
        latency-format, verbose, raw, hex, bin, fields, context-info - other layouts of a line
        overwrite         - a full buffer loses its oldest events; without it the newest
        record-cmd, record-tgid - remember names, and processes, of tasks
        stacktrace, userstacktrace - record the task's user stack with each event
        event-fork, function-fork - children of listed pids are listed, too
        pause-on-trace    - no recording while trace is open
        disable_on_free   - free_buffer stops the recording, too
        markers           - trace_marker may be written

 Markers:
  trace_marker            - a text written here becomes an event
  trace_marker_raw        - the same for binary data: a number of 4 bytes, then anything
"""
