# Sourced by run and test: installs Debian packages by name, those that are missing and no others.

need() {
    local missing=()
    local package
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' ||
            missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || {
            echo "These packages are missing, and there is no sudo to install them: ${missing[*]}" >&2
            exit 69
        }
        as_root=(sudo)
    fi
    echo "Installing ${missing[*]} …"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

need_swift() {
    command -v swift >/dev/null || {
        echo "Swift 6.2 or newer is needed and not on the PATH: see https://www.swift.org/install/linux/" >&2
        exit 69
    }
}

# Packages for compiling, besides Swift.
build_packages=(libssl-dev libcurl4-openssl-dev libsqlite3-dev libpq-dev zlib1g-dev libzstd-dev pkg-config ca-certificates tzdata)

# Unpacks a package of Debian's into a folder: for programs whose installation would start a public server.
unpack() {
    local folder=$1 package=$2 program=$3
    [ -x "$folder/$program" ] && return 0
    echo "Unpacking $package …"
    mkdir -p "$folder/packages"
    (
        cd "$folder/packages"
        apt-get download -qq "$package" 2>/dev/null || {
            apt-get update -qq && apt-get download -qq "$package" 2>/dev/null
        }
        dpkg -x "$package"_*.deb ..
    )
}
