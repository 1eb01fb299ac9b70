#include "ui/panels/chart_page.h"

#include "core/snapshot.h"
#include "ui/format.h"
#include "ui/panels/paragraph.h"
#include "ui/plots/catalog.h"
#include "ui/plots/chart_view.h"
#include "ui/plots/supposed.h"

#include <QCoreApplication>
#include <QEvent>
#include <QGridLayout>
#include <QScrollBar>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace headroom::ui {

namespace {

constexpr int kMargin = 14;
constexpr int kGap = 12;
/// Two columns from this width on: narrower plots lose their direct labels.
constexpr int kTwoColumns = 640;
/// Three columns on wide screens, where two would stretch the plots to ribbons.
constexpr int kThreeColumns = 1700;
constexpr int kLeastHeight = 236;

} // namespace

ChartPage::ChartPage(std::string tab, QWidget* parent)
    : QScrollArea(parent), m_tab(std::move(tab)), m_sentence(new Paragraph), m_grid(new QGridLayout)
{
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::NoFocus);
    auto* page = new QWidget;
    page->setProperty("page", true);
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(kMargin, kMargin, kMargin, kMargin);
    column->setSpacing(kGap);
    column->addWidget(m_sentence);
    m_grid->setSpacing(kGap);
    column->addLayout(m_grid, 1);
    for (const ChartRow& row : charts()) {
        if (row.tab != m_tab)
            continue;
        auto* view = new ChartView;
        view->setChartId(text(row.id));
        view->setObjectName(QStringLiteral("chart.") + text(row.id));
        view->setMinimumHeight(kLeastHeight);
        view->setOrigin([this] { return m_latest ? originOf(*m_latest) : ChartOrigin{}; });
        connect(view, &ChartView::selected, this, &ChartPage::selected);
        connect(view, &ChartView::exportFailed, this, &ChartPage::failed);
        connect(view, &ChartView::rangeChanged, this, [this, view] {
            for (const Card& card : m_cards)
                if (card.view != view)
                    card.view->followX(*view);
        });
        connect(view, &ChartView::hovered, this, [this, view] {
            for (const Card& card : m_cards)
                if (card.view != view)
                    card.view->followHover(*view);
        });
        view->installEventFilter(this);
        m_cards.push_back({&row, view});
    }
    setWidget(page);
    arrange();
    m_exposed.setSingleShot(true);
    m_exposed.setInterval(0);
    connect(&m_exposed, &QTimer::timeout, this, &ChartPage::bringSeenUpToDate);
    connect(verticalScrollBar(), &QScrollBar::valueChanged, &m_exposed, qOverload<>(&QTimer::start));
}

void ChartPage::display(std::shared_ptr<const Snapshot> snapshot)
{
    m_latest = std::move(snapshot);
    m_sentence->keepHeight(isDragged(*m_latest));
    m_sentence->setText(text(tabSentence(m_tab, *m_latest)));
    showCardsThatDraw();
    for (Card& card : m_cards) {
        // Of a page that is not shown yet nothing is in sight, and it is about to be.
        card.isStale = true;
        if (!isVisible() || !card.view->visibleRegion().isEmpty())
            bringUpToDate(card);
    }
}

/// A plan that does not fit has nothing to simulate: the sentence says so once, not every card again.
void ChartPage::showCardsThatDraw()
{
    const bool mayBeEmpty = m_tab == "simulator" && !m_latest->now.evaluation.fits;
    for (const Card& card : m_cards)
        card.view->setVisible(!mayBeEmpty || card.row->build(*m_latest).empty.empty());
}

void ChartPage::bringUpToDate(Card& card)
{
    if (!std::exchange(card.isStale, false))
        return;
    card.view->setChart(chartOrSupposed(*card.row, *m_latest));
}

void ChartPage::bringSeenUpToDate()
{
    for (Card& card : m_cards)
        if (!card.view->visibleRegion().isEmpty())
            bringUpToDate(card);
}

bool ChartPage::eventFilter(QObject* watched, QEvent* event)
{
    // What is painted is in sight: the window grew, or a longer sentence moved the cards.
    if (event->type() == QEvent::Paint &&
        std::ranges::any_of(m_cards, [&](const Card& card) { return card.view == watched && card.isStale; }))
        m_exposed.start();
    return QScrollArea::eventFilter(watched, event);
}

void ChartPage::setTheme(const Theme& theme)
{
    for (const Card& card : m_cards)
        card.view->setTheme(theme);
}

ChartPage::Card* ChartPage::find(std::string_view chartId)
{
    const auto it = std::ranges::find_if(m_cards, [&](const Card& card) { return card.row->id == chartId; });
    return it == m_cards.end() ? nullptr : &*it;
}

ChartView* ChartPage::view(std::string_view chartId)
{
    Card* card = find(chartId);
    if (card == nullptr)
        return nullptr;
    bringUpToDate(*card);
    return card->view;
}

void ChartPage::reveal(std::string_view chartId)
{
    if (ChartView* found = view(chartId)) {
        ensureWidgetVisible(found);
        found->setFocus(Qt::OtherFocusReason);
    }
}

QString ChartPage::sentence() const { return m_sentence->text(); }

std::vector<ChartView*> ChartPage::views()
{
    std::vector<ChartView*> all;
    for (Card& card : m_cards) {
        bringUpToDate(card);
        all.push_back(card.view);
    }
    return all;
}

void ChartPage::resizeEvent(QResizeEvent* event)
{
    arrange(); // first: the scroll area gives the page its height from what is arranged then
    QScrollArea::resizeEvent(event);
}

void ChartPage::arrange()
{
    const int room = viewport()->width();
    const int most = room >= kThreeColumns && m_cards.size() > 4 ? 3 : room >= kTwoColumns ? 2 : 1;
    const int columns = std::min(most, std::max(1, static_cast<int>(m_cards.size())));
    if (columns == m_columns)
        return;
    m_columns = columns;
    const int count = static_cast<int>(m_cards.size());
    const auto isWide = [&](int i) { return m_cards[static_cast<std::size_t>(i)].row->wide; };
    int row = 0, column = 0;
    for (int i = 0; i < count; ++i) {
        // The last one of a row takes what is left of it.
        const bool ends = isWide(i) || i == count - 1 || isWide(i + 1);
        const int span = ends ? columns - column : 1;
        m_grid->addWidget(m_cards[static_cast<std::size_t>(i)].view, row, column, 1, span);
        column += span;
        if (column == columns) {
            ++row;
            column = 0;
        }
    }
    for (int c = 0; c < 3; ++c)
        m_grid->setColumnStretch(c, c < columns ? 1 : 0);
    for (int r = 0; r < m_grid->rowCount(); ++r)
        m_grid->setRowStretch(r, r < row ? 1 : 0);
    widget()->layout()->activate(); // else heights of the arrangement before are asked for
}

QString tabTitle(std::string_view tab)
{
    if (tab == "slo")
        return QStringLiteral("SLO");
    QString title = text(tab);
    title[0] = title[0].toUpper();
    return QCoreApplication::translate("Tabs", title.toUtf8().constData());
}

} // namespace headroom::ui
