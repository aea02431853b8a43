#if canImport(Glibc)
import Glibc
#endif

/// The maximum number of open connections.
///
/// It is less than the process's limit of file descriptors, because the store, a backup and requests to
/// Stripe need descriptors too. Further connections wait in the kernel's accept queue.
func connectionLimit(wanted: Int) -> Int {
    let reserved = 64
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(resource, &limit) == 0 else { return wanted }
    if limit.rlim_cur < limit.rlim_max {
        // Service managers set the soft limit to 1024 for programs that use select(), which this one does
        // not.
        limit.rlim_cur = limit.rlim_max
        setrlimit(resource, &limit)
        getrlimit(resource, &limit)
    }
    return max(1, min(wanted, Int(clamping: limit.rlim_cur) - reserved))
}
