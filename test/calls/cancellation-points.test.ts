import { describe, expect, it } from 'vitest';
import { native } from '../../dist/native.js';

/** Those that POSIX requires: pthreads(7), "Cancelation points". */
const required = `
  accept aio_suspend clock_nanosleep close connect creat fcntl fdatasync fsync getmsg getpmsg lockf mq_receive mq_send
  mq_timedreceive mq_timedsend msgrcv msgsnd msync nanosleep open openat pause poll pread pselect
  pthread_cond_timedwait pthread_cond_wait pthread_join pthread_testcancel putmsg putpmsg pwrite read readv recv
  recvfrom recvmsg select sem_timedwait sem_wait send sendmsg sendto sigpause sigsuspend sigtimedwait sigwait
  sigwaitinfo sleep system tcdrain usleep wait waitid waitpid write writev`;

/** Those that POSIX allows. */
const allowed = `
  access asctime asctime_r catclose catgets catopen chmod chown closedir closelog ctermid ctime ctime_r dbm_close
  dbm_delete dbm_fetch dbm_nextkey dbm_open dbm_store dlclose dlopen dprintf endgrent endhostent endnetent endprotoent
  endpwent endservent endutxent faccessat fchmod fchmodat fchown fchownat fclose fflush fgetc fgetpos fgets fgetwc
  fgetws fmtmsg fopen fpathconf fprintf fputc fputs fputwc fputws fread freopen fscanf fseek fseeko fsetpos fstat
  fstatat ftell ftello ftw futimens fwprintf fwrite fwscanf getaddrinfo getc getc_unlocked getchar getchar_unlocked
  getcwd getdate getdelim getgrent getgrgid getgrgid_r getgrnam getgrnam_r gethostbyaddr gethostbyname gethostent
  gethostid gethostname getline getlogin getlogin_r getnameinfo getnetbyaddr getnetbyname getnetent getopt
  getprotobyname getprotobynumber getprotoent getpwent getpwnam getpwnam_r getpwuid getpwuid_r gets getservbyname
  getservbyport getservent getutxent getutxid getutxline getwc getwchar getwd glob iconv_close iconv_open ioctl link
  linkat lio_listio localtime localtime_r lseek lstat mkdir mkdirat mkdtemp mkfifo mkfifoat mknod mknodat mkstemp
  mktime nftw opendir openlog pathconf pclose perror popen posix_fadvise posix_fallocate posix_madvise posix_openpt
  posix_spawn posix_spawnp posix_trace_clear posix_trace_close posix_trace_create posix_trace_create_withlog
  posix_trace_eventtypelist_getnext_id posix_trace_eventtypelist_rewind posix_trace_flush posix_trace_get_attr
  posix_trace_get_filter posix_trace_get_status posix_trace_getnext_event posix_trace_open posix_trace_rewind
  posix_trace_set_filter posix_trace_shutdown posix_trace_timedgetnext_event posix_typed_mem_open printf psiginfo
  psignal pthread_rwlock_rdlock pthread_rwlock_timedrdlock pthread_rwlock_timedwrlock pthread_rwlock_wrlock putc
  putc_unlocked putchar putchar_unlocked puts pututxline putwc putwchar readdir readdir_r readlink readlinkat remove
  rename renameat rewind rewinddir scandir scanf seekdir semop setgrent sethostent setnetent setprotoent setpwent
  setservent setutxent stat strerror strerror_r strftime symlink symlinkat sync syslog tmpfile tmpnam ttyname
  ttyname_r tzset ungetc ungetwc unlink unlinkat utime utimensat utimes vdprintf vfprintf vfwprintf vprintf vwprintf
  wcsftime wordexp wprintf wscanf`;

/** Those without a row, and why: each was looked at in glibc and Linux. */
const without: Record<string, string> = {
  'STREAMS, which neither Linux nor glibc has': 'getmsg getpmsg putmsg putpmsg',
  'tracing and typed memory, which glibc does not have': `
    posix_trace_clear posix_trace_close posix_trace_create posix_trace_create_withlog
    posix_trace_eventtypelist_getnext_id posix_trace_eventtypelist_rewind posix_trace_flush posix_trace_get_attr
    posix_trace_get_filter posix_trace_get_status posix_trace_getnext_event posix_trace_open posix_trace_rewind
    posix_trace_set_filter posix_trace_shutdown posix_trace_timedgetnext_event posix_typed_mem_open`,
  'no function of libc: libgdbm_compat has it, which is redirected as any library': `
    dbm_close dbm_delete dbm_fetch dbm_nextkey dbm_open dbm_store`,
  'waits for nothing: a thread is asked to end in calls that wait': 'pthread_testcancel',
  'reads a file of this machine once, the time zone or messages, and computes': `
    asctime asctime_r catclose catgets catopen ctime ctime_r getdate iconv_close iconv_open localtime localtime_r
    mktime strerror strerror_r strftime tzset wcsftime`,
  'asks the kernel for what it has at hand': `
    ctermid getcwd gethostname getwd posix_madvise posix_openpt rewinddir seekdir tmpnam ttyname ttyname_r`,
  'lets go of a file that was read, and sends nobody anything': `
    endgrent endhostent endnetent endprotoent endpwent endservent endutxent setutxent`,
  'waits until its child has called exec, and no longer: children are started on the loop thread': `
    posix_spawn posix_spawnp`,
  'calls the caller back, which an offload thread must not': 'ftw nftw glob scandir',
  'writes at most a line about a mistake, as ever at once': 'fmtmsg getopt perror psiginfo psignal',
  'makes a file of its own, as a rule in memory or on a disk of this machine': 'tmpfile',
  'streams of wide characters, which stay blocking: docs/api.md says so': `
    fgetwc fgetws fputwc fputws fwprintf fwscanf getwc getwchar putwc putwchar ungetwc vfwprintf vwprintf wprintf
    wscanf`,
};

const words = (text: string): string[] => text.trim().split(/\s+/);
const names = new Set(native.table().map(({ name }) => name));
const reasoned = Object.values(without).flatMap(words);

describe('the cancellation points of pthreads(7)', () => {
  it.each([
    ['required', required, 58],
    ['allowed', allowed, 222],
  ])('that are %s: each has an answer', (_, list, count) => {
    const points = words(list);
    expect(new Set(points).size).toBe(count);
    expect(points.length).toBe(count);
    const answered = new Set([...names, ...reasoned]);
    expect(points.filter((name) => !answered.has(name))).toEqual([]);
  });

  it('no reason is given for what has a row, or is none of them, or twice', () => {
    const points = new Set([...words(required), ...words(allowed)]);
    expect(reasoned.filter((name) => names.has(name) || !points.has(name))).toEqual([]);
    expect(new Set(reasoned).size).toBe(reasoned.length);
  });
});
