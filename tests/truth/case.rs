//! What a cell of the matrix is: a page, what is done to it, and what has to be known of it by when. Not here: the cells
//! themselves ([`super::cases`]), and how they are played ([`super::stage`]).

/// The promise of both watchers, ms; the server grants a second more.
pub(crate) const PROMISE: u64 = 1000;
pub(crate) const GRANTED: u64 = PROMISE + 1000;
/// `stallAfter` of the page, ms.
pub(crate) const STALL: u64 = 2000;
/// What must be seen of a page that draws nothing, at the latest, ms.
pub(crate) const SOON: u64 = STALL + 1000;

pub(crate) struct Case {
    /// The fault, as people name it.
    pub(crate) name: &'static str,
    pub(crate) page: From,
    /// What the page is told, as `&key=value`.
    pub(crate) query: &'static str,
    /// Whether the server is reached over a network that can be cut.
    pub(crate) away: bool,
    /// What `hb run` beside the page looks at.
    pub(crate) beside: &'static [Look],
    /// Whether it works before it is broken. Else opening it is the fault.
    pub(crate) warm: bool,
    pub(crate) harm: &'static [Step],
    pub(crate) want: Want,
    /// What puts it right; none where nothing can.
    pub(crate) mend: Option<&'static [Step]>,
    pub(crate) browsers: &'static [Kind],
    /// Minutes, not seconds: only when asked for.
    pub(crate) long: bool,
    /// Whether it is of those that WebKit plays where time is short.
    pub(crate) sample: bool,
}

/// A page that works, is broken by nothing, and must alarm nobody: what a case changes of it is written out.
pub(crate) const CASE: Case = Case {
    name: "",
    page: From::Http,
    query: "",
    away: false,
    beside: &[],
    warm: true,
    harm: &[],
    want: Want::Quiet,
    mend: None,
    browsers: &[Kind::Headless],
    long: false,
    sample: false,
};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Headless,
    Headed,
    Firefox,
    FirefoxHeaded,
    WebKit,
}

/// The browsers that most cells are played in.
pub(crate) const EACH: &[Kind] = &[Kind::Headless, Kind::Firefox, Kind::WebKit];
/// And with windows, as on a kiosk, what most often happens there.
pub(crate) const ALL: &[Kind] = &[Kind::Headless, Kind::Headed, Kind::Firefox, Kind::WebKit];
/// Those whose workers speak while a script of the page hangs.
pub(crate) const BOTH: &[Kind] = &[Kind::Headless, Kind::Headed, Kind::Firefox];

impl Kind {
    pub(crate) const ALL: [Self; 5] =
        [Self::Headless, Self::Headed, Self::Firefox, Self::FirefoxHeaded, Self::WebKit];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Headless => "chromium",
            Self::Headed => "chromium-headed",
            Self::Firefox => "firefox",
            Self::FirefoxHeaded => "firefox-headed",
            Self::WebKit => "webkit",
        }
    }

    /// Whether it has windows, and needs a screen for them.
    pub(crate) const fn is_headed(self) -> bool {
        matches!(self, Self::Headed | Self::FirefoxHeaded | Self::WebKit)
    }
}

/// Where the page comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    Http,
    Disk,
    Https,
    /// Over HTTPS from what the browser is told to take for the internet.
    Public,
    /// Over HTTP with this Content Security Policy.
    Policy(&'static str),
}

/// What a supervisor proves beside a page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// That the picture on the screen moves.
    Capture,
    /// That the display is lit.
    Display,
}

#[derive(Clone, Copy)]
pub(crate) enum Step {
    /// Opens the page, where it is not open from the start.
    Open,
    /// Opens one more page under this name, in a window of its own.
    OpenAs(&'static str),
    /// Runs this in the page; nobody waits for its end.
    Js(&'static str),
    /// This must be true in the page, or the fault was not what it is called.
    Check(&'static str),
    /// Calls the browser's protocol for the page, without its answer.
    Cdp(&'static str, &'static str),
    Signal(Whom, Signal),
    /// As long as a fault lasts, ms.
    Last(u64),
    /// Gives the browser this many of every 100 ms, so long, s.
    Share(u64, u64),
    Close,
    Leave,
    Back,
    Reload,
    /// Opens another tab behind it; the fault begins after this.
    Beside,
    /// Shows the other tab in its place.
    Hide,
    Show,
    /// Minimises its window, or brings it back.
    Minimise(bool),
    /// Says yes to a dialog.
    Accept,
    /// The power of the display, of which `hb run --watch-display` tells beside the page.
    Display(bool),
    /// The house opens or closes.
    House(bool),
    /// What the browser sends to the server is lost, or no longer.
    Cut(bool),
    /// The browser's machine gets another address.
    Renumber,
    ServerKilled,
    ServerAgain,
    ServerElsewhere,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whom {
    /// The browser's first process.
    Browser,
    /// All of its processes.
    Group,
    /// The process in which WebKit or Firefox runs the page.
    Page,
    Gpu,
    Server,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    Kill,
    Term,
    Int,
    Stop,
    Go,
}

pub(crate) enum Want {
    /// These, in this order, and no other alarm.
    Seen(&'static [Mark]),
    /// No alarm until a moment after the last step.
    Quiet,
}

/// What has to be seen, and within how many ms from the fault.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    pub(crate) what: What,
    pub(crate) within: u64,
}

#[derive(Clone, Copy)]
pub(crate) enum What {
    /// By the server's stream. Where several causes are as true, they stand with `|` between them; none: whatever.
    State(&'static str, &'static str),
    /// An event of this kind, by the same stream.
    Event(&'static str),
    /// By the page itself: what it says of its link to the server.
    Link(&'static str),
}

pub(crate) const fn state(state: &'static str, cause: &'static str, within: u64) -> Mark {
    Mark { what: What::State(state, cause), within }
}

pub(crate) const fn event(kind: &'static str, within: u64) -> Mark {
    Mark { what: What::Event(kind), within }
}

pub(crate) const fn link(word: &'static str, within: u64) -> Mark {
    Mark { what: What::Link(word), within }
}
