#include "ui/theme.h"

#include <QApplication>
#include <QFontDatabase>
#include <QFontMetrics>
#include <QStyle>
#include <QStyleFactory>

#include <array>
#include <cmath>

namespace headroom::ui {

namespace {

// Hues that stay apart for colour-blind readers: Okabe and Ito, "Color Universal Design", 2008.
constexpr QRgb kBlue = 0xff0072b2, kSky = 0xff56b4e9, kGreen = 0xff009e73, kOrange = 0xffe69f00,
               kVermilion = 0xffd55e00, kPurple = 0xffcc79a7;

/// Line colour and text colour of a role on the light and on the dark card.
struct RoleColours {
    Role role;
    QRgb light, lightText, dark, darkText;
};

constexpr std::array kRoles{
    RoleColours{Role::primary, kBlue, 0xff1c2126, kSky, 0xffe6e9ec},
    RoleColours{Role::secondary, kVermilion, 0xffa84a00, 0xfff0884a, 0xfff3a06e},
    RoleColours{Role::ghost, 0xff6a737d, 0xff6a737d, 0xff8f98a1, 0xff98a1aa},
    RoleColours{Role::simulated, 0xff1c2126, 0xff5b646d, 0xffe6e9ec, 0xff98a1aa},
    RoleColours{Role::target, 0xffc0282d, 0xffb3262b, 0xffff5f6d, 0xffff8a94},
    RoleColours{Role::saturation, 0xff6a737d, 0xff6a737d, 0xff8f98a1, 0xff98a1aa},
    RoleColours{Role::good, kGreen, 0xff0b7a55, 0xff2fbf91, 0xff52cba5},
    RoleColours{Role::warning, 0xffc98600, 0xff8f5f00, kOrange, 0xffedb23a},
    RoleColours{Role::bad, 0xffc0282d, 0xffb3262b, 0xffff5f6d, 0xffff8a94},
    RoleColours{Role::queue, kOrange, 0xff8f5f00, kOrange, 0xffedb23a},
    RoleColours{Role::retrieval, kPurple, 0xff9c4676, kPurple, 0xffdb9bbf},
    RoleColours{Role::prefill, kSky, 0xff1b72a8, kSky, 0xff7fc6ef},
    RoleColours{Role::decode, kBlue, kBlue, 0xff1f86c4, 0xff62b3e0},
    RoleColours{Role::post, 0xff8a929a, 0xff6a737d, 0xff8a929a, 0xff98a1aa},
    RoleColours{Role::network, kGreen, 0xff0b7a55, kGreen, 0xff52cba5},
    RoleColours{Role::weights, 0xff5b4b8a, 0xff5b4b8a, 0xff7563ad, 0xffa99adb},
    RoleColours{Role::kv, 0xff2a9d8f, 0xff1b7a6f, 0xff2a9d8f, 0xff5cc4b7},
    RoleColours{Role::workspace, 0xff8a929a, 0xff6a737d, 0xff8a929a, 0xff98a1aa},
    RoleColours{Role::waste, kVermilion, 0xffa84a00, 0xffd9692a, 0xfff3a06e},
    RoleColours{Role::free, 0xffe6e9ec, 0xff6a737d, 0xff343b42, 0xff98a1aa},
    RoleColours{Role::reserved, 0xffb8c0c8, 0xff6a737d, 0xff566069, 0xff98a1aa},
    RoleColours{Role::spare, 0xffd3c3cd, 0xff6a737d, 0xff51434c, 0xff98a1aa},
    RoleColours{Role::attention, 0xff3a9bd6, 0xff1b72a8, 0xff9ad3f3, 0xffb2dcf5},
    RoleColours{Role::projections, kVermilion, 0xffb04e00, 0xfff0884a, 0xfff3a06e},
    RoleColours{Role::feedForward, 0xff5b4b8a, 0xff5b4b8a, 0xff7563ad, 0xffa99adb},
    RoleColours{Role::experts, 0xff9a88cf, 0xff5b4b8a, 0xffa99adb, 0xffb9ade3},
    RoleColours{Role::head, 0xff4a525a, 0xff4a525a, 0xffb4bcc4, 0xffb4bcc4},
    RoleColours{Role::otherOperators, 0xffc98600, 0xff8f5f00, kOrange, 0xffedb23a},
    RoleColours{Role::bandwidth, kBlue, kBlue, kSky, 0xff7fc6ef},
    RoleColours{Role::compute, kVermilion, 0xffb04e00, 0xfff0884a, 0xfff3a06e},
    RoleColours{Role::overhead, 0xff8a929a, 0xff6a737d, 0xff8a929a, 0xff98a1aa},
    RoleColours{Role::host, 0xff7a6a3a, 0xff6b5c2c, 0xffb5a468, 0xffc9ba84},
    RoleColours{Role::lessInput, 0xffb8c0c8, 0xff6a737d, 0xff566069, 0xff98a1aa},
    RoleColours{Role::moreInput, 0xff4a525a, 0xff4a525a, 0xffb4bcc4, 0xffb4bcc4},
    RoleColours{Role::series1, kBlue, kBlue, kSky, 0xff7fc6ef},
    RoleColours{Role::series2, kVermilion, 0xffb04e00, 0xfff0884a, 0xfff3a06e},
    RoleColours{Role::series3, kGreen, 0xff0b7a55, 0xff2fbf91, 0xff52cba5},
    RoleColours{Role::series4, 0xffc98600, 0xff8f5f00, kOrange, 0xffedb23a},
    RoleColours{Role::series5, 0xffb55c90, 0xff9c4676, kPurple, 0xffdb9bbf},
    RoleColours{Role::series6, 0xff3a9bd6, 0xff1b72a8, 0xff9ad3f3, 0xffb2dcf5},
    RoleColours{Role::series7, 0xff9a88cf, 0xff5b4b8a, 0xffa99adb, 0xffb9adE3},
    RoleColours{Role::series8, 0xff4a525a, 0xff4a525a, 0xffb4bcc4, 0xffb4bcc4},
};

const RoleColours& row(Role role)
{
    const RoleColours& found = kRoles[static_cast<std::size_t>(role)];
    Q_ASSERT(found.role == role);
    return found;
}

/// Relative luminance as WCAG 2.1 defines it.
double luminance(const QColor& c)
{
    const auto linear = [](double v) { return v <= 0.03928 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); };
    return 0.2126 * linear(c.redF()) + 0.7152 * linear(c.greenF()) + 0.0722 * linear(c.blueF());
}

Theme makeLight()
{
    Theme t;
    t.window = QColor(0xf6, 0xf7, 0xf8);
    t.card = Qt::white;
    t.field = QColor(0xf6, 0xf7, 0xf8);
    t.text = QColor(0x1c, 0x21, 0x26);
    t.muted = QColor(0x66, 0x6f, 0x79);
    t.grid = QColor(0xed, 0xef, 0xf1);
    t.line = QColor(0xdc, 0xe0, 0xe4);
    t.accent = QColor::fromRgb(kBlue);
    t.onAccent = Qt::white;
    t.selection = QColor(0xde, 0xed, 0xf6);
    t.good = QColor(0x0f, 0x7a, 0x48);
    t.warning = QColor(0x8f, 0x5f, 0x00);
    t.bad = QColor(0xb3, 0x26, 0x2b);
    t.goodBack = QColor(0xe6, 0xf4, 0xec);
    t.warningBack = QColor(0xfd, 0xf2, 0xdc);
    t.badBack = QColor(0xfb, 0xe9, 0xe8);
    return t;
}

Theme makeDark()
{
    Theme t;
    t.dark = true;
    t.window = QColor(0x16, 0x19, 0x1c);
    t.card = QColor(0x1d, 0x21, 0x25);
    t.field = QColor(0x26, 0x2c, 0x32);
    t.text = QColor(0xe6, 0xe9, 0xec);
    t.muted = QColor(0x98, 0xa1, 0xaa);
    t.grid = QColor(0x28, 0x2e, 0x34);
    t.line = QColor(0x36, 0x3d, 0x44);
    t.accent = QColor::fromRgb(kSky);
    t.onAccent = QColor(0x10, 0x1a, 0x22);
    t.selection = QColor(0x24, 0x3d, 0x50);
    t.good = QColor(0x5c, 0xcb, 0x8f);
    t.warning = QColor(0xed, 0xb2, 0x3a);
    t.bad = QColor(0xf5, 0x8b, 0x7c);
    t.goodBack = QColor(0x17, 0x33, 0x2a);
    t.warningBack = QColor(0x38, 0x2d, 0x14);
    t.badBack = QColor(0x3c, 0x20, 0x1f);
    return t;
}

/// What Fusion does not do. $names are colours of the theme.
constexpr const char* kSheet = R"(
QMainWindow, QMainWindow > QWidget, QDialog { background: $card; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QMenuBar { background: $card; border-bottom: 1px solid $grid; padding: 2px 4px; }
QMenuBar::item { padding: 4px 10px; background: transparent; border-radius: 4px; }
QMenuBar::item:selected { background: $field; }
QMenu { background: $card; border: 1px solid $line; padding: 4px; }
QMenu::item { padding: 4px 24px 4px 12px; border-radius: 4px; }
QMenu::item:selected { background: $accent; color: $onAccent; }
QMenu::item:disabled { color: $muted; background: transparent; }
QMenu::separator { height: 1px; background: $grid; margin: 4px 8px; }
QToolBar { background: $card; border: none; border-bottom: 1px solid $grid; spacing: 4px; padding: 5px 8px; }
QToolBar::separator { width: 1px; background: $line; margin: 5px 8px; }
QToolButton { border: none; border-radius: 4px; padding: 5px 9px; background: transparent; }
QToolButton:hover { background: $field; }
QToolButton:pressed, QToolButton:checked { background: $selection; }
QToolButton:disabled { color: $muted; }
QToolButton::menu-indicator { subcontrol-origin: padding; subcontrol-position: right center; }
QToolButton:focus { background: $selection; }
QToolButton[slim="true"] { padding: 0 5px; color: $muted; }
QPushButton { border: 1px solid $line; border-radius: 4px; padding: 5px 14px; background: $card; }
QPushButton:hover { background: $field; }
QPushButton:focus { border-color: $accent; }
QPushButton:disabled { color: $muted; }
QPushButton:default, QPushButton[primary="true"], QToolButton[primary="true"] {
  background: $accent; color: $onAccent; border-color: $accent; }
QToolButton[primary="true"]:hover, QToolButton[primary="true"]:focus, QPushButton[primary="true"]:hover {
  background: $strong; }
QToolButton[primary="true"]:disabled { background: $field; color: $muted; }
QStatusBar { background: $card; border-top: 1px solid $grid; color: $muted; font-size: 11px; }
QStatusBar::item { border: none; }
QStatusBar QLabel { color: $muted; font-size: 11px; padding: 0 8px; }
QDockWidget { font-size: 11px; color: $muted; }
QDockWidget::title { background: $card; padding: 6px 12px; }
QMainWindow::separator { background: $grid; width: 1px; height: 1px; }
QTabBar { qproperty-drawBase: 0; }
QTabBar::tab:first { margin-left: 14px; }
QTabBar::tab { background: transparent; border: none; border-bottom: 2px solid transparent; padding: 8px 10px 7px 10px;
  color: $muted; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
QTabBar::tab:hover:!selected { color: $text; }
QTabBar::tab:focus { color: $accent; }
QTabWidget::pane { border: none; border-top: 1px solid $grid; }
QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: $line; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page { background: none; border: none;
  width: 0; height: 0; }
QLineEdit, QAbstractSpinBox, QPlainTextEdit, QTextEdit { background: $field; border: 1px solid $edge; border-radius: 4px;
  padding: 3px 7px; selection-background-color: $accent; selection-color: $onAccent; }
QLineEdit:focus, QAbstractSpinBox:focus, QPlainTextEdit:focus, QTextEdit:focus { border-color: $accent; }
QLineEdit[invalid="true"], QAbstractSpinBox[invalid="true"] { border-color: $bad; background: $badBack; }
QComboBox { background: $field; border: 1px solid $edge; border-radius: 4px; padding: 3px 7px; min-height: 16px;
  combobox-popup: 0; } /* a list: the menu that stands for it paints the chosen entry white on white */
QComboBox:focus { border-color: $accent; }
QComboBox[invalid="true"] { border-color: $bad; background: $badBack; }
QComboBox::drop-down { border: none; width: 18px; }
QComboBox::down-arrow { image: url($arrow); width: 9px; height: 9px; }
QComboBox QAbstractItemView { background: $card; border: 1px solid $line; selection-background-color: $accent;
  selection-color: $onAccent; outline: none; padding: 2px; }
QComboBox QAbstractItemView::item { min-height: 22px; padding: 0 6px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { width: 0; height: 0; border: none; }
QCheckBox::indicator, QListView::indicator { width: 12px; height: 12px; border: 1px solid $muted; border-radius: 3px;
  background: $field; }
QCheckBox::indicator:hover, QCheckBox::indicator:focus, QListView::indicator:hover { border-color: $accent; }
QCheckBox::indicator:checked, QListView::indicator:checked { background: $accent; border-color: $accent;
  image: url($tick); }
QCheckBox:focus { color: $accent; }
QSlider:horizontal { min-height: 18px; }
QSlider::groove:horizontal { height: 3px; background: $line; border-radius: 1px; }
QSlider::sub-page:horizontal { height: 3px; background: $accent; border-radius: 1px; }
QSlider::handle:horizontal { width: 10px; height: 10px; margin: -6px 0; border: 2px solid $accent; border-radius: 7px;
  background: $card; }
QSlider::handle:horizontal:focus, QSlider::handle:horizontal:hover { background: $accent; }
QSlider::sub-page:horizontal:disabled { background: $line; }
QSlider::handle:horizontal:disabled { border-color: $line; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QHeaderView::section { background: $card; color: $muted; border: none; border-bottom: 1px solid $line; padding: 4px 6px; }
QHeaderView::section:vertical { border: none; color: $text; padding: 0 12px 0 6px; }
QTableCornerButton::section { background: $card; border: none; border-bottom: 1px solid $line; }
QListView::item { min-height: 20px; }
QTableView, QTreeView, QListView { background: $card; border: none; gridline-color: $grid; outline: none;
  alternate-background-color: $window; selection-background-color: $selection; selection-color: $text; }
QToolTip { background: $field; color: $text; border: 1px solid $line; padding: 4px 6px; }
QProgressBar { border: none; border-radius: 2px; background: $grid; max-height: 4px; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }
QLabel[muted="true"] { color: $muted; }
QLabel[caption="true"] { color: $muted; font-size: 11px; }
QLabel[large="true"] { font-size: 19px; font-weight: 600; }
QLabel[verdict="good"] { color: $good; }
QLabel[verdict="warning"] { color: $warning; }
QLabel[verdict="bad"] { color: $bad; }
QWidget[card="true"] { background: $card; border-radius: 4px; }
QWidget[page="true"] { background: $window; }
QWidget[box="true"] { background: $field; border-radius: 4px; }
)";

/// Pixel sizes of the three sizes; 96-dpi pixels, which Qt scales on denser screens.
int pixelSize(TextSize size)
{
    switch (size) {
    case TextSize::small:
        return 11;
    case TextSize::body:
        return 12;
    case TextSize::large:
        break;
    }
    return 19;
}

} // namespace

QColor Theme::color(Role role) const { return QColor::fromRgb(dark ? row(role).dark : row(role).light); }

QColor Theme::textColor(Role role) const { return QColor::fromRgb(dark ? row(role).darkText : row(role).lightText); }

QColor Theme::onColor(Role role) const
{
    const QColor ink(Qt::black), paper(Qt::white);     // one of the two reaches 4.5 on any colour
    const double back = luminance(color(role)) + 0.05; // contrast ratio of WCAG 2.1: (l + 0.05) / (l' + 0.05)
    return (luminance(paper) + 0.05) / back >= back / (luminance(ink) + 0.05) ? paper : ink;
}

const Theme& lightTheme()
{
    static const Theme theme = makeLight();
    return theme;
}

const Theme& darkTheme()
{
    static const Theme theme = makeDark();
    return theme;
}

QFont uiFont(TextSize size, QFont::Weight weight)
{
    QFont font = QFontDatabase::systemFont(QFontDatabase::GeneralFont);
    font.setPixelSize(pixelSize(size));
    font.setWeight(weight);
    return font;
}

QFont printFont(TextSize size, QFont::Weight weight)
{
    QFont font = uiFont(size, weight);
    font.setStyleStrategy(QFont::PreferNoShaping); // "fi" as two letters: a search for "prefill" finds it
    font.setKerning(false);
    return font;
}

QPalette palette(const Theme& t)
{
    QPalette p;
    const auto set = [&p](QPalette::ColorRole role, const QColor& color, const QColor& disabled) {
        p.setColor(QPalette::Active, role, color);
        p.setColor(QPalette::Inactive, role, color);
        p.setColor(QPalette::Disabled, role, disabled); // setColor(role, c) alone makes disabled look enabled
    };
    QColor faint = t.muted;
    faint.setAlphaF(0.55F);
    set(QPalette::Window, t.card, t.card);
    set(QPalette::WindowText, t.text, faint);
    set(QPalette::Base, t.card, t.card);
    set(QPalette::AlternateBase, t.window, t.window);
    set(QPalette::Text, t.text, faint);
    set(QPalette::PlaceholderText, t.muted, faint);
    set(QPalette::Button, t.card, t.card);
    set(QPalette::ButtonText, t.text, faint);
    set(QPalette::BrightText, t.onAccent, faint);
    set(QPalette::Highlight, t.accent, t.line);
    set(QPalette::HighlightedText, t.onAccent, t.muted);
    set(QPalette::ToolTipBase, t.field, t.field);
    set(QPalette::ToolTipText, t.text, t.text);
    set(QPalette::Link, t.accent, faint);
    set(QPalette::LinkVisited, t.accent, faint);
    set(QPalette::Light, t.grid, t.grid);
    set(QPalette::Midlight, t.grid, t.grid);
    set(QPalette::Mid, t.line, t.line);
    set(QPalette::Dark, t.line, t.line);
    set(QPalette::Shadow, t.line, t.line);
    return p;
}

QString styleSheet(const Theme& t)
{
    QString sheet = QLatin1String(kSheet);
    const QColor strong = t.dark ? t.accent.lighter(112) : t.accent.darker(115);
    const std::array<std::pair<const char*, QColor>, 18> names{
        {{"$onAccent", t.onAccent}, {"$accent", t.accent}, {"$badBack", t.badBack}, {"$bad", t.bad},
            {"$goodBack", t.goodBack}, {"$good", t.good}, {"$warningBack", t.warningBack}, {"$warning", t.warning},
            {"$window", t.window}, {"$card", t.card}, {"$field", t.field}, {"$text", t.text}, {"$muted", t.muted},
            {"$grid", t.grid}, {"$line", t.line}, {"$selection", t.selection}, {"$strong", strong}, {"$edge", t.line}}};
    sheet.replace(QLatin1String("$arrow"),
        t.dark ? QStringLiteral(":/icons/down-dark.svg") : QStringLiteral(":/icons/down-light.svg"));
    sheet.replace(QLatin1String("$tick"),
        t.dark ? QStringLiteral(":/icons/tick-dark.svg") : QStringLiteral(":/icons/tick-light.svg"));
    for (const auto& [name, color] : names)
        sheet.replace(QLatin1String(name), color.name());
    return sheet;
}

void useStyle(QApplication& app)
{
    // Once: a new style repolishes everything. A style sheet hides the style under it, and is put on by applyTheme() only.
    constexpr auto kStyle = QLatin1String("fusion");
    if (app.styleSheet().isEmpty() && QApplication::style()->name() != kStyle)
        QApplication::setStyle(QStyleFactory::create(kStyle));
    const QFont font = uiFont(TextSize::body);
    QApplication::setFont(font);
    QFontMetrics(font).horizontalAdvance(QLatin1Char('0'));
}

void applyTheme(QApplication& app, const Theme& t)
{
    useStyle(app);
    QApplication::setPalette(palette(t));
    app.setStyleSheet(styleSheet(t));
}

} // namespace headroom::ui
