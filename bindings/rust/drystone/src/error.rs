// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a call answers when it fails.
use core::ffi::{c_char, CStr};
use core::fmt;
use drystone_sys as sys;

/// A result whose error is [`Error`].
pub type Result<T> = core::result::Result<T, Error>;

macro_rules! statuses {
    ($($(#[$doc:meta])* $name:ident = $value:ident;)*) => {
        /// The causes of failure, the same in every language. Their numbers never change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        #[repr(i32)]
        pub enum ErrorKind {
            $($(#[$doc])* $name = sys::$value as i32,)*
        }

        impl ErrorKind {
            /// Every kind, by number.
            pub const ALL: &'static [ErrorKind] = &[$(ErrorKind::$name),*];
        }

        /// Why a call failed, and what it found. After an error nothing has changed, unless the call says otherwise.
        ///
        /// ```
        /// use drystone::{Backing, Error, Mode, Region};
        ///
        /// match Region::open(Backing::File("/there/is/no/such/file".as_ref()), Mode::Read) {
        ///     Err(Error::NotFound(detail)) => assert!(detail.text().contains("/there/is/no/such/file")),
        ///     other => panic!("{other:?}"),
        /// }
        /// ```
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Error {
            $($(#[$doc])* $name(Detail),)*
        }

        impl Error {
            /// The cause without the detail.
            #[must_use]
            pub fn kind(&self) -> ErrorKind {
                match self { $(Error::$name(_) => ErrorKind::$name,)* }
            }

            /// What the call found. Empty for calls on keys, which are too hot to write texts.
            #[must_use]
            pub fn detail(&self) -> &Detail {
                match self { $(Error::$name(detail) => detail,)* }
            }

            pub(crate) fn new(kind: ErrorKind, detail: Detail) -> Self {
                match kind { $(ErrorKind::$name => Error::$name(detail),)* }
            }
        }
    };
}

statuses! {
    /// An argument is outside its documented range.
    InvalidArgument = DRY_INVALID_ARGUMENT;
    /// The operating system refused memory or disk space.
    OutOfMemory = DRY_OUT_OF_MEMORY;
    /// A fixed capacity is used up.
    Full = DRY_FULL;
    /// There is no such key, part, file or object.
    NotFound = DRY_NOT_FOUND;
    /// The key, part, file or object is there already.
    AlreadyExists = DRY_ALREADY_EXISTS;
    /// It exists, but is of another kind.
    TypeMismatch = DRY_TYPE_MISMATCH;
    /// The handle, view or ownership has been outlived.
    Stale = DRY_STALE;
    /// Not from this structure, or inside an object.
    Foreign = DRY_FOREIGN;
    /// Above a documented maximum, or larger than the caller's buffer.
    TooLarge = DRY_TOO_LARGE;
    /// Another writer holds it.
    Busy = DRY_BUSY;
    /// A change in a region that is open for reading.
    ReadOnly = DRY_READ_ONLY;
    /// Stored bytes contradict the format or their checksum.
    Corrupt = DRY_CORRUPT;
    /// Written by another format revision, or another library version is linked.
    VersionMismatch = DRY_VERSION_MISMATCH;
    /// Compare-and-set found another version.
    Conflict = DRY_CONFLICT;
    /// The bound on attempts or time was reached.
    TimedOut = DRY_TIMED_OUT;
    /// The operating system reported an error.
    Io = DRY_IO;
    /// This system, kind or layout cannot do it.
    Unsupported = DRY_UNSUPPORTED;
    /// The handle was closed, or its region was.
    Closed = DRY_CLOSED;
}

impl ErrorKind {
    /// The name that every language and tool uses: `"not_found"`, for instance.
    #[must_use]
    pub fn name(self) -> &'static str {
        // SAFETY: the function takes any number, and answers with a terminated string in static storage.
        static_text(unsafe { sys::dry_status_name(self as i32) })
    }

    /// One sentence for people.
    #[must_use]
    pub fn text(self) -> &'static str {
        // SAFETY: as in `name`.
        static_text(unsafe { sys::dry_status_text(self as i32) })
    }

    pub(crate) fn from_status(status: sys::dry_status) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| *kind as i32 == status)
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn static_text(text: *const c_char) -> &'static str {
    // SAFETY: both callers pass what the library promises to be terminated and in static storage.
    unsafe { CStr::from_ptr(text) }.to_str().unwrap_or("unknown")
}

/// What a failed call found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detail {
    // Boxed, so that the results of hot calls stay small.
    facts: Option<Box<Facts>>,
    required_bytes: Option<usize>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Facts {
    text: String,
    os_error: i32,
    offset: u64,
}

impl Detail {
    /// One line that names the object and the cause; empty when there is nothing to add to the kind.
    #[must_use]
    pub fn text(&self) -> &str {
        self.facts.as_ref().map_or("", |facts| &facts.text)
    }

    /// The operating system's error number (`errno`), where a system call failed.
    #[must_use]
    pub fn os_error(&self) -> Option<i32> {
        self.facts.as_ref().map(|facts| facts.os_error).filter(|number| *number != 0)
    }

    /// Where in the region stored bytes are wrong, for [`Error::Corrupt`].
    #[must_use]
    pub fn offset(&self) -> Option<u64> {
        self.facts.as_ref().map(|facts| facts.offset).filter(|offset| *offset != 0)
    }

    /// How large a buffer the value wants, for [`Error::TooLarge`] from a read into the caller's buffer.
    #[must_use]
    pub fn required_bytes(&self) -> Option<usize> {
        self.required_bytes
    }

    pub(crate) fn from_text(text: impl Into<String>) -> Self {
        Detail { facts: Some(Box::new(Facts { text: text.into(), ..Facts::default() })), required_bytes: None }
    }

    fn from_raw(raw: &sys::dry_detail) -> Self {
        let bytes: Vec<u8> = raw.text.iter().map(|c| *c as u8).take_while(|byte| *byte != 0).collect();
        if bytes.is_empty() && raw.os_error == 0 && raw.offset == 0 {
            return Detail::default();
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let facts = Facts { text, os_error: raw.os_error, offset: raw.offset };
        Detail { facts: Some(Box::new(facts)), required_bytes: None }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind();
        match self.detail().text() {
            "" => write!(f, "{}: {}", kind.name(), kind.text()),
            text => write!(f, "{}: {text}", kind.name()),
        }
    }
}

impl std::error::Error for Error {}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Error::new(kind, Detail::default())
    }
}

impl Error {
    pub(crate) fn invalid(text: impl Into<String>) -> Self {
        Error::InvalidArgument(Detail::from_text(text))
    }

    #[cold]
    pub(crate) fn from_status(status: sys::dry_status, detail: Detail) -> Self {
        match ErrorKind::from_status(status) {
            Some(kind) => Error::new(kind, detail),
            None => Error::Unsupported(Detail::from_text(format!("the library answered with unknown status {status}"))),
        }
    }

    #[cold]
    pub(crate) fn buffer_too_small(required_bytes: usize) -> Self {
        Error::TooLarge(Detail { facts: None, required_bytes: Some(required_bytes) })
    }
}

/// The result of a call without detail.
#[inline]
pub(crate) fn check(status: sys::dry_status) -> Result<()> {
    if status == sys::DRY_OK as i32 {
        return Ok(());
    }
    Err(Error::from_status(status, Detail::default()))
}

/// Gives `call` a detail to fill in, and makes an error of what it answers.
pub(crate) fn check_detailed(call: impl FnOnce(*mut sys::dry_detail) -> sys::dry_status) -> Result<()> {
    let text = [0; sys::DRY_DETAIL_TEXT_BYTES as usize];
    let mut detail = sys::dry_detail { status: 0, os_error: 0, offset: 0, text };
    let status = call(&mut detail);
    if status == sys::DRY_OK as i32 {
        return Ok(());
    }
    Err(Error::from_status(status, Detail::from_raw(&detail)))
}
