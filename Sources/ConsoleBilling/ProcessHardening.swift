import Foundation

/// What the process denies itself, because its memory and its files hold secrets and what people paid.
enum ProcessHardening {
    static func apply() {
        // Database, log and lock files are for nobody else to read.
        umask(0o077)
        // A core dump would hold every secret there is.
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    }
}
