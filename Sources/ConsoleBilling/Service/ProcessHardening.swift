import Foundation

/// Restrictions of the process, which protect secrets and payment data in its memory and files.
enum ProcessHardening {
    static func apply() {
        // Only this user may read the database, its log and lock files.
        umask(0o077)
        // A core dump would contain all secrets.
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    }
}
