#include <aliases.h>
#include <arpa/nameser.h>
#include <grp.h>
#include <netdb.h>
#include <resolv.h>
#include <rpc/netdb.h>
#include <shadow.h>
#include <stdarg.h>
#include <syslog.h>
#include <unistd.h>
#include <utmpx.h>

#include "calls/answers.h"
#include "calls/rows.h"

// The rest of what is looked up by name, servers of names asked directly, and the system log: they
// wait inside libc, where no import slot is.
namespace greenify::calls {
namespace {

// A function with storage of libc's own, by way of its reentrant form.
template <Name kName, Name kReentrant, class Function>
struct LookUp;

template <Name kName, Name kReentrant, class Entry, class... Arguments>
struct LookUp<kName, kReentrant, Entry*(Arguments...)> {
  using Function = Entry*(Arguments...);
  using Reentrant = int(Arguments..., Entry*, char*, size_t, Entry**);

  static Entry* call(Arguments... arguments) {
    const auto plainly = [=] { return plain<kName, Function>(arguments...); };
    const auto ask = [=](auto... room) {
      return plain<kReentrant, Reentrant>(arguments..., room...);
    };
    if constexpr (sizeof...(Arguments) == 0) return look_up_next<Entry>(plainly, ask);
    return look_up<Entry>(plainly, ask);
  }
};

// The same for hosts and networks, which report through h_errno.
template <Name kName, Name kReentrant, class Function>
struct HostLookUp;

template <Name kName, Name kReentrant, class Entry, class... Arguments>
struct HostLookUp<kName, kReentrant, Entry*(Arguments...)> {
  using Function = Entry*(Arguments...);
  using Reentrant = int(Arguments..., Entry*, char*, size_t, Entry**, int*);

  static Entry* call(Arguments... arguments) {
    return look_up_host<Entry>(
        [=] { return plain<kName, Function>(arguments...); },
        [=](auto... room) { return plain<kReentrant, Reentrant>(arguments..., room...); });
  }
};

template <Name kName, Name kReentrant, class Function>
Row entry(const Page& page) {
  return row_of<kName, Function>(Family::socket, Strategy::offload,
                                 LookUp<kName, kReentrant, Function>::call, page);
}

template <Name kName, Name kReentrant, class Function>
Row host_entry(const Page& page) {
  return row_of<kName, Function>(Family::socket, Strategy::offload,
                                 HostLookUp<kName, kReentrant, Function>::call, page);
}

template <class Entry, class... Arguments>
using Reentrant = int(Arguments..., Entry*, char*, size_t, Entry**);
template <class Entry, class... Arguments>
using HostReentrant = int(Arguments..., Entry*, char*, size_t, Entry**, int*);

// syslog(3): the variable arguments are read where the call is made.
using Vsyslog = void(int, const char*, va_list);
using VsyslogChecked = void(int, int, const char*, va_list);

void green_syslog(int priority, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  Whole<"vsyslog", Vsyslog>::call(priority, format, arguments);
  va_end(arguments);
}

void green_syslog_chk(int priority, int flag, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  Whole<"__vsyslog_chk", VsyslogChecked>::call(priority, flag, format, arguments);
  va_end(arguments);
}

using Syslog = void(int, const char*, ...);
using SyslogChecked = void(int, int, const char*, ...);

using Query = int(const char*, int, int, unsigned char*, int);
using QueryDomain = int(const char*, const char*, int, int, unsigned char*, int);
using Send = int(const unsigned char*, int, unsigned char*, int);
using StateQuery = int(res_state, const char*, int, int, unsigned char*, int);
using StateQueryDomain = int(res_state, const char*, const char*, int, int, unsigned char*, int);
using StateSend = int(res_state, const unsigned char*, int, unsigned char*, int);

// clang-format off
const Row kRows[] = {
    host_entry<"gethostent", "gethostent_r", hostent*()>(kHostEntry),
    whole<"gethostent_r", HostReentrant<hostent>>(Family::socket, kHostEntryReentrant),
    host_entry<"getnetbyname", "getnetbyname_r", netent*(const char*)>(kNetwork),
    whole<"getnetbyname_r", HostReentrant<netent, const char*>>(Family::socket, kNetworkReentrant),
    host_entry<"getnetbyaddr", "getnetbyaddr_r", netent*(uint32_t, int)>(kNetwork),
    whole<"getnetbyaddr_r", HostReentrant<netent, uint32_t, int>>(Family::socket, kNetworkReentrant),
    host_entry<"getnetent", "getnetent_r", netent*()>(kNetworkEntry),
    whole<"getnetent_r", HostReentrant<netent>>(Family::socket, kNetworkEntryReentrant),
    entry<"getprotobyname", "getprotobyname_r", protoent*(const char*)>(kProtocol),
    whole<"getprotobyname_r", Reentrant<protoent, const char*>>(Family::socket, kProtocolReentrant),
    entry<"getprotobynumber", "getprotobynumber_r", protoent*(int)>(kProtocol),
    whole<"getprotobynumber_r", Reentrant<protoent, int>>(Family::socket, kProtocolReentrant),
    entry<"getprotoent", "getprotoent_r", protoent*()>(kProtocolEntry),
    whole<"getprotoent_r", Reentrant<protoent>>(Family::socket, kProtocolEntryReentrant),
    entry<"getrpcbyname", "getrpcbyname_r", rpcent*(const char*)>(kRpc),
    whole<"getrpcbyname_r", Reentrant<rpcent, const char*>>(Family::socket, kRpcReentrant),
    entry<"getrpcbynumber", "getrpcbynumber_r", rpcent*(int)>(kRpc),
    whole<"getrpcbynumber_r", Reentrant<rpcent, int>>(Family::socket, kRpcReentrant),
    entry<"getrpcent", "getrpcent_r", rpcent*()>(kRpcEntry),
    whole<"getrpcent_r", Reentrant<rpcent>>(Family::socket, kRpcEntry),
    entry<"getspnam", "getspnam_r", spwd*(const char*)>(kShadow),
    whole<"getspnam_r", Reentrant<spwd, const char*>>(Family::socket, kShadowReentrant),
    entry<"getspent", "getspent_r", spwd*()>(kShadowEntry),
    whole<"getspent_r", Reentrant<spwd>>(Family::socket, kShadowEntry),
    entry<"getaliasbyname", "getaliasbyname_r", aliasent*(const char*)>(kAlias),
    whole<"getaliasbyname_r", Reentrant<aliasent, const char*>>(Family::socket, kAlias),
    entry<"getaliasent", "getaliasent_r", aliasent*()>(kAlias),
    whole<"getaliasent_r", Reentrant<aliasent>>(Family::socket, kAlias),
    whole<"setnetgrent", int(const char*)>(Family::socket, kNetgroup),
    whole<"getnetgrent", int(char**, char**, char**)>(Family::socket, kNetgroup),
    whole<"getnetgrent_r", int(char**, char**, char**, char*, size_t)>(Family::socket, kNetgroup),
    whole<"innetgr", int(const char*, const char*, const char*, const char*)>(Family::socket, kNetgroup),
    whole<"initgroups", int(const char*, gid_t)>(Family::socket, kInitgroups),
    whole<"sethostent", void(int)>(Family::socket, kSetEntry),
    whole<"setnetent", void(int)>(Family::socket, kSetEntry),
    whole<"setprotoent", void(int)>(Family::socket, kSetEntry),
    whole<"setservent", void(int)>(Family::socket, kSetEntry),
    whole<"setrpcent", void(int)>(Family::socket, kSetEntry),
    whole<"setpwent", void()>(Family::socket, kSetEntry),
    whole<"setgrent", void()>(Family::socket, kSetEntry),
    whole<"setspent", void()>(Family::socket, kSetEntry),
    whole<"gethostid", long()>(Family::socket, kGethostid),
    whole<"getlogin", char*()>(Family::socket, kGetlogin),
    whole<"getlogin_r", int(char*, size_t)>(Family::socket, kGetlogin),
    other_name(whole<"__getlogin_r_chk", int(char*, size_t, size_t)>(Family::socket, kFortified), "getlogin_r"),
    whole<"getutxent", utmpx*()>(Family::file, kUtmpx),
    whole<"getutxid", utmpx*(const utmpx*)>(Family::file, kUtmpx),
    whole<"getutxline", utmpx*(const utmpx*)>(Family::file, kUtmpx),
    whole<"pututxline", utmpx*(const utmpx*)>(Family::file, kUtmpx),
    whole<"updwtmpx", void(const char*, const utmpx*)>(Family::file, kUpdwtmp),
    whole<"res_query", Query>(Family::socket, kResolver),
    alias_of(whole<"res_query", Query>(Family::socket, kResolver), "__res_query"),
    whole<"res_search", Query>(Family::socket, kResolver),
    alias_of(whole<"res_search", Query>(Family::socket, kResolver), "__res_search"),
    whole<"res_querydomain", QueryDomain>(Family::socket, kResolver),
    alias_of(whole<"res_querydomain", QueryDomain>(Family::socket, kResolver), "__res_querydomain"),
    whole<"res_send", Send>(Family::socket, kResolver),
    alias_of(whole<"res_send", Send>(Family::socket, kResolver), "__res_send"),
    whole<"res_nquery", StateQuery>(Family::socket, kResolverOfState),
    alias_of(whole<"res_nquery", StateQuery>(Family::socket, kResolverOfState), "__res_nquery"),
    whole<"res_nsearch", StateQuery>(Family::socket, kResolverOfState),
    alias_of(whole<"res_nsearch", StateQuery>(Family::socket, kResolverOfState), "__res_nsearch"),
    whole<"res_nquerydomain", StateQueryDomain>(Family::socket, kResolverOfState),
    alias_of(whole<"res_nquerydomain", StateQueryDomain>(Family::socket, kResolverOfState), "__res_nquerydomain"),
    whole<"res_nsend", StateSend>(Family::socket, kResolverOfState),
    alias_of(whole<"res_nsend", StateSend>(Family::socket, kResolverOfState), "__res_nsend"),
    row_of<"syslog", Syslog>(Family::socket, Strategy::offload, green_syslog, kSyslog),
    whole<"vsyslog", Vsyslog>(Family::socket, kSyslog),
    other_name(row_of<"__syslog_chk", SyslogChecked>(Family::socket, Strategy::offload, green_syslog_chk, kSyslog), "syslog"),
    other_name(whole<"__vsyslog_chk", VsyslogChecked>(Family::socket, kSyslog), "vsyslog"),
    whole<"openlog", void(const char*, int, int)>(Family::socket, kOpenlog),
    whole<"closelog", void()>(Family::socket, kOpenlog),
};
// clang-format on

}  // namespace

std::span<const Row> name_rows() {
  return kRows;
}

}  // namespace greenify::calls
